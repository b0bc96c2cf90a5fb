"""Events: what a function URL of AWS Lambda calls with (payload format 2.0), as an ASGI application is called."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Scope

KEY = "x-trunkline-key"
"""The header of a caller's key where `authorization` holds AWS's own signature."""


class NoRequest(Exception):
    """An event that is no HTTP request."""


def scope_of(event: object) -> tuple[Scope, bytes]:
    """Return an event as ASGI's scope and the request's body. Raises NoRequest where it is another one."""
    try:
        if not isinstance(event, Mapping) or event.get("version") != "2.0":
            raise NoRequest("it is no event of a function URL, whose version is 2.0")
        http = event["requestContext"]["http"]
        given = {str(name).lower(): str(value) for name, value in event.get("headers", {}).items()}
        if key := given.pop(KEY, ""):
            given["authorization"] = f"Bearer {key}"
        elif given.get("authorization", "").startswith("AWS4-"):
            del given["authorization"]
        if cookies := event.get("cookies"):
            given["cookie"] = "; ".join(cookies)
        body = str(event.get("body") or "")
        content = base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()
        path = str(event.get("rawPath") or "/")
        scope: Scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": str(http["method"]).upper(),
            "scheme": "https",
            "path": unquote(path),
            "raw_path": path.encode("ascii", "replace"),
            "root_path": "",
            "query_string": str(event.get("rawQueryString") or "").encode("ascii", "replace"),
            "headers": [
                (name.encode("latin-1", "replace"), value.encode("latin-1", "replace"))
                for name, value in given.items()
                if name != "content-length"
            ]
            + [(b"content-length", str(len(content)).encode())],
            "client": (str(http.get("sourceIp", "")), 0),
            "server": (given.get("host", "lambda"), 443),
            "state": {},
        }
    except (LookupError, TypeError, AttributeError, binascii.Error, UnicodeEncodeError) as error:
        raise NoRequest(f"it is no event of a function URL ({type(error).__name__})") from error
    return scope, content


@dataclass
class Reply:
    """What an application answered."""

    status: int = 500
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytearray = field(default_factory=bytearray)

    def to_dict(self) -> dict[str, Any]:
        """Return it as a function URL takes it."""
        headers: dict[str, str] = {}
        for name, value in self.headers:
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        try:
            body, packed = self.body.decode(), False
        except UnicodeDecodeError:
            body, packed = base64.b64encode(self.body).decode(), True
        return {"statusCode": self.status, "headers": headers, "body": body, "isBase64Encoded": packed}


async def asked(app: ASGIApp, scope: Scope, body: bytes) -> Reply:
    """Return what an application answers; what it does after the answer is done too."""
    reply, left = Reply(), [body]

    async def receive() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            reply.status = message["status"]
            reply.headers = [
                (name.decode("latin-1"), value.decode("latin-1")) for name, value in message["headers"]
            ]
        elif message["type"] == "http.response.body":
            reply.body += message.get("body", b"")

    await app(scope, receive, send)
    return reply
