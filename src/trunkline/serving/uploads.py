"""Uploads: an image that comes as a file, alone or as the one part of a form, becomes the row that it is."""

from __future__ import annotations

import asyncio
import base64
import json
from email.message import Message
from email.parser import BytesHeaderParser
from typing import Any

from fastapi import Request

from trunkline.inputs import InputType

from .bodies import LARGEST_BODY, Unreadable, read_body, read_content
from .requests import RequestModel

FORM = "multipart/form-data"
FORM_BYTES = 2_000
"""What a form may add to its file: boundaries and the part's head."""
PLAIN = ("", "binary", "8bit", "7bit")


async def read_row(request: Request, largest: int, requests: RequestModel) -> bytes:
    """Return the JSON of one row: the body, or the row of the file that it holds.

    A file is taken where the contract requires one input alone, and that one is a file.
    Raises Unreadable as `read_body` does, and where a form is no form with this one file.
    """
    sole = requests.sole
    announced = Message()
    announced["content-type"] = request.headers.get("content-type", "")
    kind = announced.get_content_type()
    if sole is None or kind not in (*sole.media, FORM):
        return await read_body(request, largest, bulk=requests.bulk)
    most = sole.bulk * 3 // 4 + (FORM_BYTES if kind == FORM else 0)
    content = await read_content(request, most if largest >= LARGEST_BODY else min(most, largest))
    name = sole.column.name
    if kind == FORM:
        content = file_of(content, str(announced.get_boundary("")), name)
    return await asyncio.to_thread(_row, name, content)


def file_of(form: bytes, boundary: str, name: str) -> bytes:
    """Return the one file of a form (RFC 7578). Raises Unreadable where it holds anything else than the part `name`."""
    mark = b"\r\n--" + boundary.encode(errors="replace")
    _, *parts = (b"\r\n" + form).split(mark)
    if not boundary or len(parts) < 2 or not parts[-1].startswith(b"--"):
        raise _no_form(name, "it is cut off, or lacks its boundary")
    head, gap, content = parts[0].partition(b"\r\n\r\n")
    about = BytesHeaderParser().parsebytes(head.strip(b"\r\n") + b"\r\n\r\n")
    found = about.get_param("name", "", "content-disposition")
    if len(parts) > 2 or not gap or found != name:
        raise _no_form(name, f"it has {len(parts) - 1} parts, the first called {str(found)[:50]!r}")
    if (encoding := str(about.get("content-transfer-encoding", "")).strip().lower()) not in PLAIN:
        raise _no_form(name, f"its part is encoded ({encoding[:50]})")
    return content


def described(sole: InputType) -> dict[str, Any]:
    """Return what OpenAPI says of bodies that are a file, by their type."""
    name = sole.column.name
    form = {"type": "object", "required": [name], "properties": {name: _file("application/octet-stream")}}
    return {kind: {"schema": _file(kind)} for kind in sole.media} | {FORM: {"schema": form}}


def _file(kind: str) -> dict[str, str]:
    return {"type": "string", "contentMediaType": kind}


def _row(name: str, content: bytes) -> bytes:
    return json.dumps({name: base64.b64encode(content).decode()}).encode()


def _no_form(name: str, why: str) -> Unreadable:
    return Unreadable(
        400, f"The form is not taken, for {why}: send one part called {name}, the file as it is."
    )
