"""The runtime API of AWS Lambda (2018-06-01): a function asks for the next event, and gives back what came of it."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Any

from trunkline.core.errors import UnavailableError

PATH = "/2018-06-01/runtime"


@dataclass(frozen=True)
class Invocation:
    """One event that waits for its answer."""

    id: str
    event: Any


class RuntimeApi:
    """The API at `host:port`, which Lambda names in AWS_LAMBDA_RUNTIME_API."""

    def __init__(self, address: str) -> None:
        # Without a time limit: Lambda answers when there is an event, and stops the process meanwhile.
        self._connection = http.client.HTTPConnection(address)

    def next(self) -> Invocation:
        """Wait for the next event. Raises UnavailableError where there is no such API any more."""
        headers, content = self._ask("GET", "/invocation/next")
        try:
            return Invocation(headers["lambda-runtime-aws-request-id"], json.loads(content))
        except (LookupError, ValueError) as error:
            raise UnavailableError("Lambda's runtime API gave no event.") from error

    def answer(self, invocation: Invocation, reply: Any) -> None:
        """Give back the answer to an event."""
        self._ask("POST", f"/invocation/{invocation.id}/response", json.dumps(reply).encode())

    def failed(self, invocation: Invocation, error: BaseException) -> None:
        """Say that an event has no answer; what it held is not said."""
        self._ask("POST", f"/invocation/{invocation.id}/error", _words(error, ""))

    def cannot_begin(self, error: BaseException, text: str) -> None:
        """Say that the function cannot begin."""
        self._ask("POST", "/init/error", _words(error, text))

    def _ask(self, method: str, path: str, body: bytes | None = None) -> tuple[dict[str, str], bytes]:
        headers = {"content-type": "application/json"} if body is not None else {}
        if body is not None and path.endswith("/error"):
            headers["lambda-runtime-function-error-type"] = "Trunkline.Error"
        try:
            self._connection.request(method, PATH + path, body=body, headers=headers)
            reply = self._connection.getresponse()
            content = reply.read()
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise UnavailableError(
                f"Lambda's runtime API does not answer: {type(error).__name__}."
            ) from error
        if reply.status >= 400:
            raise UnavailableError(f"Lambda's runtime API answers {path} with {reply.status}.")
        return {name.lower(): value for name, value in reply.getheaders()}, content


def _words(error: BaseException, text: str) -> bytes:
    about = {"errorType": type(error).__name__, "errorMessage": text or "no answer", "stackTrace": []}
    return json.dumps(about).encode()
