"""Lambda's processes: a version of a function is asked as its URL asks it.

Written after the descriptions of Invoke (FunctionError, and the payload that says why) in Lambda's API reference. The
image's own program stands for the function: the event of a function URL becomes a request to it. That the service
speaks Lambda's runtime API is tested elsewhere (`tests/integration/serving/test_lambda.py`).
"""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import unquote

import httpx
from moto.awslambda.responses import LambdaResponse

from .contained import Contained

COMMAND = ["python", "-m", "trunkline.serving.entries.aws_lambda", "/srv/release"]
SERVES = ["python", "-m", "trunkline.serving.told", "/srv/release", "--host", "0.0.0.0"]
SERVES += ["--port", "8000", "--log-folder", "/srv/log"]
BEGINS_S = 5.0
"""Lambda gives a process ten seconds to begin."""
_RUNS: dict[str, Contained] = {}


def add() -> None:
    """Answer Invoke."""

    def invoke(self: LambdaResponse) -> tuple[int, dict[str, str], str]:
        name = unquote(self.path.rsplit("/", 2)[-2])
        qualifier = self._get_param("Qualifier") or self._get_param("qualifier")
        function = self.backend.get_function(name, qualifier)
        status, said = _answer(function, json.loads(self.body))
        headers = {"content-type": "application/json", "x-amz-executed-version": str(function.version)}
        return 200, headers | ({} if status else {"x-amz-function-error": "Unhandled"}), json.dumps(said)

    LambdaResponse.invoke = invoke  # type: ignore[method-assign]


def _answer(function: Any, event: dict[str, Any]) -> tuple[bool, Any]:
    """Return whether a process answered, and what."""
    assert list(function.image_config.cmd) == COMMAND
    key = f"{function.function_arn}:{function.version}:{sorted(function.environment_vars.items())}"
    run = _RUNS.get(key)
    if run is None or run.ended:
        run = _RUNS[key] = Contained(function.code["ImageUri"], SERVES, function.environment_vars)
    until = time.monotonic() + BEGINS_S
    while not run.ready:
        if run.ended or time.monotonic() > until:
            text = "\n".join(run.lines())[-200:] or "Task timed out"
            run.end()
            return False, {"errorMessage": text, "errorType": "Runtime.ExitError"}
        time.sleep(0.05)
    path = f"http://127.0.0.1:{run.port}{event['rawPath']}"
    reply = httpx.request(event["requestContext"]["http"]["method"], path, trust_env=False)
    body = {"statusCode": reply.status_code, "headers": {}, "body": reply.text, "isBase64Encoded": False}
    return True, body
