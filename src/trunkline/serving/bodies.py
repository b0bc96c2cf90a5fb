"""The body of a request: what cannot be read at all is refused here, before the contract is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from fastapi import Request

LARGEST_BODY = 1_000_000
BODY_SECONDS = 30.0
"""A client that sends more slowly holds a connection that others need."""
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
CHARSETS = ("utf-8", "utf8", "us-ascii", "ascii")


class Unreadable(Exception):
    """A body that is not taken, whatever it holds: no breach of the contract, and so none that is logged."""

    def __init__(self, status: int, error: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(error)
        self.status = status
        self.error = error
        self.headers = dict(headers or {})


async def read_body(request: Request, largest: int = LARGEST_BODY, *, bulk: int = 0) -> bytes:
    """Return the body of a request, without the mark that some programs put before UTF-8.

    `bulk` is what the contract's images add to the largest body.
    Raises Unreadable when it is too large or too slow, compressed, or announced as something else than JSON in UTF-8;
    what starlette raises when the client goes away.
    """
    # A key that may send less than others sends no larger images either.
    largest = LARGEST_BODY + bulk if largest >= LARGEST_BODY else largest
    _require_plain(request.headers.get("content-encoding", ""))
    _require_json(request.headers.get("content-type", ""))
    return (await read_content(request, largest)).removeprefix(BYTE_ORDER_MARK)


async def read_content(request: Request, largest: int = LARGEST_BODY) -> bytes:
    """Return the body of a request, whatever it is announced as; raises as `read_body` does."""
    _require_plain(request.headers.get("content-encoding", ""))
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > largest:
        raise _too_large(largest)
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for piece in request.stream():
                body += piece
                if len(body) > largest:
                    raise _too_large(largest)
    except TimeoutError:
        raise Unreadable(
            408, f"The body did not come within {BODY_SECONDS:g} seconds.", {"connection": "close"}
        ) from None
    return bytes(body)


def _require_plain(encoding: str) -> None:
    if encoding.strip().lower() not in ("", "identity"):
        raise Unreadable(
            415,
            f"The body is compressed (Content-Encoding: {encoding[:50]}): send it as it is.",
            {"Accept-Encoding": "identity"},
        )


def _require_json(announced: str) -> None:
    kind, *parameters = (part.strip().lower() for part in announced.split(";"))
    # Many a client announces nothing and sends JSON.
    if (
        kind
        and kind != "application/json"
        and not (kind.startswith("application/") and kind.endswith("+json"))
    ):
        raise Unreadable(
            415,
            f"The body is announced as {kind[:50]}: send JSON, and the header Content-Type: application/json.",
            {"Accept": "application/json"},
        )
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip().strip('"') not in CHARSETS:
            raise Unreadable(415, f"The body is announced in {value[:50]}: send it in UTF-8.")


def _too_large(largest: int) -> Unreadable:
    return Unreadable(413, f"The body is larger than {largest} bytes: split it.")
