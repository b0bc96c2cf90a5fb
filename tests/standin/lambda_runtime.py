"""AWS Lambda's side of the runtime API, as its documentation describes it (version 2018-06-01).

`GET /runtime/invocation/next` waits for an event and names it in `Lambda-Runtime-Aws-Request-Id`; `POST` to
`/runtime/invocation/<id>/response` or `/error` ends it and is answered with 202; `/runtime/init/error` says that a
function cannot begin. Another path is 404, an id that does not wait is refused with 400.
"""

from __future__ import annotations

import json
import queue
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

PREFIX = "/2018-06-01/runtime"


class LambdaRuntime:
    """Hands out events, and keeps what came of each."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self._events: queue.Queue[tuple[str, Any] | None] = queue.Queue()
        self._ended: queue.Queue[tuple[str, str, Any]] = queue.Queue()
        self._waits: set[str] = set()
        self.trouble: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def do_GET(self) -> None:
                if self.path != f"{PREFIX}/invocation/next":
                    self._say(404, {})
                    return
                found = outer._events.get()
                if found is None:
                    self.close_connection = True
                    return
                name, event = found
                outer._waits.add(name)
                self._say(
                    200,
                    event,
                    {
                        "Lambda-Runtime-Aws-Request-Id": name,
                        "Lambda-Runtime-Deadline-Ms": str(int((time.time() + 30) * 1000)),
                        "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:123456789012:function:f",
                        "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=1",
                    },
                )

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                if self.path == f"{PREFIX}/init/error":
                    outer._ended.put(("", "cannot begin", json.loads(body)))
                    self._say(202, {"status": "OK"})
                    return
                match = re.fullmatch(rf"{PREFIX}/invocation/([^/]+)/(response|error)", self.path)
                if not match or match[1] not in outer._waits:
                    outer.trouble.append(self.path)
                    self._say(
                        400 if match else 404, {"errorMessage": "unknown", "errorType": "InvalidRequestID"}
                    )
                    return
                outer._waits.remove(match[1])
                outer._ended.put((match[1], match[2], json.loads(body)))
                self._say(202, {"status": "OK"})

            def _say(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
                content = json.dumps(value).encode()
                self.send_response(status)
                for name, text in {"Content-Type": "application/json", **(headers or {})}.items():
                    self.send_header(name, text)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        self._server = ThreadingHTTPServer((host, 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def invoke(self, event: Any) -> tuple[str, Any]:
        """Return how an event ended (response or error), and with what."""
        self._events.put((str(uuid4()), event))
        return self.ended()

    def ended(self) -> tuple[str, Any]:
        """Wait for the next end."""
        _, how, value = self._ended.get(timeout=120)
        return how, value

    def close(self) -> None:
        """End; whoever waits for an event gets none."""
        self._events.put(None)
        self._server.shutdown()
        self._server.server_close()


def url_event(
    method: str, path: str, body: str = "", *, headers: dict[str, str] | None = None, packed: bool = False
) -> dict[str, Any]:
    """Return an event of a function URL, payload format 2.0."""
    path, _, query = path.partition("?")
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": "x.lambda-url.eu-west-1.on.aws", "x-forwarded-proto": "https", **(headers or {})},
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "x",
            "domainName": "x.lambda-url.eu-west-1.on.aws",
            "domainPrefix": "x",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "198.51.100.7",
                "userAgent": "curl/8",
            },
            "requestId": str(uuid4()),
            "routeKey": "$default",
            "stage": "$default",
            "time": "01/Dec/2026:04:00:00 +0000",
            "timeEpoch": 1796097600000,
        },
        **({"body": body} if body else {}),
        "isBase64Encoded": packed,
    }
