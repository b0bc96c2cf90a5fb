"""The prediction log, handed out over HTTP to callers with the scope `log`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, StreamingResponse

from trunkline.core.errors import StorageError
from trunkline.core.record import as_utc
from trunkline.predictions.stores.folder import FolderStore
from trunkline.predictions.stores.protocol import belongs

VARIABLE = "TRUNKLINE_LOG_TOKEN_SHA256"
"""Held the SHA-256 of the log's keys in older installations, in hexadecimal, with spaces between."""
PIECE = 2**18


def token_hashes(variables: Mapping[str, str]) -> tuple[str, ...]:
    """Return the hashes of the keys that a variable of older installations names.

    Raises StorageError when one is no SHA-256.
    """
    hashes = tuple(variables.get(VARIABLE, "").lower().split())
    if any(len(each) != 64 or set(each) - set("0123456789abcdef") for each in hashes):
        raise StorageError(
            f"{VARIABLE} holds something else than the SHA-256 of a key.",
            next_step="take it away, and make a key: trunkline key new --scope log",
        )
    return hashes


def hand_out(app: FastAPI, folder: Path) -> None:
    """Add `GET /log?since=` and `GET /log/<name>` to an application."""
    store = FolderStore(folder)

    def files(request: Request) -> Response:
        try:
            asked = request.query_params.get("since")
            since = as_utc(datetime.fromisoformat(asked)) if asked else None
        except ValueError as error:
            raise HTTPException(422, "since must be a time, as 2026-01-31T12:00:00Z.") from error
        return JSONResponse({"files": [{"name": row.name, "tag": row.tag} for row in store.files(since)]})

    def one(request: Request) -> Response:
        name = request.path_params["name"]
        missing = HTTPException(404, "The log has no such file.")
        if not belongs(name):
            raise missing
        try:
            stream = store.opened(name)
        except FileNotFoundError as error:
            raise missing from error
        size = os.fstat(stream.fileno()).st_size
        return StreamingResponse(
            _pieces(stream, size),
            media_type="application/octet-stream",
            headers={"content-length": str(size)},
        )

    for path, ask in (("/log", files), ("/log/{name}", one)):
        app.add_route(path, ask, methods=["GET"], include_in_schema=False)


def _pieces(stream: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield so many bytes of a file, and not what is appended to it meanwhile."""
    with stream:
        while piece := stream.read(min(size, PIECE)):
            size -= len(piece)
            yield piece
