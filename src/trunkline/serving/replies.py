"""Answers of the service as JSON, also that of a request which is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response


class Json(Response):
    """A body of JSON."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Return the body's bytes."""
        return orjson.dumps(content)


def sorry(error: str, status: int, headers: Mapping[str, str] | None = None) -> Json:
    """Return the answer to a request that gets no other."""
    return Json({"error": error, "problems": []}, status, headers=headers)
