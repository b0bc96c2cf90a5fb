"""Lists, a page at a time, with GitHub's Link header."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.responses import JSONResponse

Item = TypeVar("Item")


def page(
    request: Request, rows: Sequence[Item], shape: Callable[[Item], dict[str, Any]], *, within: str = ""
) -> Response:
    """Return the page that the request asks for; `within` names the key that holds the rows beside `total_count`."""
    size = min(int(request.query_params.get("per_page", 30)), 100)
    number = int(request.query_params.get("page", 1))
    last = max(1, -(-len(rows) // size))
    shown = [shape(row) for row in rows[(number - 1) * size : number * size]]
    links: dict[str, int] = {}
    if number < last:
        links |= {"next": number + 1, "last": last}
    if number > 1:
        links |= {"prev": number - 1, "first": 1}
    headers = {}
    if links:
        query = {key: value for key, value in request.query_params.items() if key != "page"}
        address = str(request.url).split("?")[0]
        headers["link"] = ", ".join(
            f'<{address}?{urlencode(query | {"page": str(place)})}>; rel="{name}"'
            for name, place in links.items()
        )
    return JSONResponse({"total_count": len(rows), within: shown} if within else shown, headers=headers)
