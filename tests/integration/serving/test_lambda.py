"""The service as a function of AWS Lambda: a real process that speaks the runtime API with a stand-in of Lambda."""

from __future__ import annotations

import base64
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any

import pytest

from standin.lambda_runtime import LambdaRuntime, url_event
from trunkline.core.keys import KeyFile, new_key
from trunkline.predictions.segments import segments_in

from .conftest import ROW, Live

SHIPPED = "shipped"


class Function:
    """A function's process, and Lambda's side of it."""

    def __init__(self, live: Live, runtime: LambdaRuntime, process: subprocess.Popen[bytes]) -> None:
        self.live, self.runtime, self.process = live, runtime, process

    def ask(self, *request: Any, **how: Any) -> dict[str, Any]:
        kind, reply = self.runtime.invoke(url_event(*request, **how))
        assert kind == "response", reply
        assert set(reply) == {"statusCode", "headers", "body", "isBase64Encoded"}
        found: dict[str, Any] = reply
        return found

    def logged(self) -> list[dict[str, Any]]:
        """Return the records in the store."""
        return [
            json.loads(line)
            for segment in segments_in(self.live.folder / SHIPPED)
            for line in gzip.decompress(segment.path.read_bytes()).splitlines()
        ]


@pytest.fixture
def begin(live: Live) -> Iterator[Callable[..., Function]]:
    with ExitStack() as undo:

        def start(access: str = '{"tls":"platform","callers":"platform"}', **variables: str) -> Function:
            runtime = LambdaRuntime()
            undo.callback(runtime.close)
            environment = {
                name: value for name, value in os.environ.items() if not name.startswith("TRUNKLINE_")
            }
            environment |= {
                "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{runtime.port}",
                "TRUNKLINE_ACCESS": access,
                "TRUNKLINE_LOG_STORE": f"file://{live.folder / SHIPPED}",
                "TRUNKLINE_USER_SECRET": "s" * 64,
                "TMPDIR": str(live.folder),
            }
            command = [sys.executable, "-m", "trunkline.serving.entries.aws_lambda", str(live.folder)]
            process = undo.enter_context(subprocess.Popen(command, env=environment | variables))
            undo.callback(process.kill)
            return Function(live, runtime, process)

        yield start


def test_a_function_url_is_answered_as_the_service_answers_and_the_log_is_in_the_store_by_then(
    live: Live, begin: Callable[..., Function]
) -> None:
    live.add(1)
    live.release(1)
    function = begin()
    signed = {"authorization": "AWS4-HMAC-SHA256 Credential=AKIA/20261201/eu-west-1/lambda/aws4_request"}
    reply = function.ask("POST", "/predict", json.dumps(ROW), headers=signed)
    assert reply["statusCode"] == 200
    answer = json.loads(reply["body"])
    assert [line["id"] for line in function.logged()] == [answer["id"]]
    assert function.logged()[0]["outputs"]["prediction"] == answer["prediction"]
    packed = base64.b64encode(json.dumps({"rows": [ROW, ROW]}).encode()).decode()
    reply = function.ask("POST", "/predict/batch", packed, packed=True)
    assert len(json.loads(reply["body"])["answers"]) == 2
    assert len(function.logged()) == 3
    assert function.ask("GET", "/ready")["body"] == '{"ready":true}'
    assert function.ask("GET", "/docs")["headers"]["content-type"].startswith("text/html")
    assert function.ask("GET", "/predict")["statusCode"] == 405
    assert function.ask("GET", "/metrics")["statusCode"] == 401
    refused = function.ask("POST", "/predict", json.dumps(ROW | {"age": 1}))
    assert refused["statusCode"] == 422
    assert json.loads(refused["body"])["problems"][0]["field"] == "age"
    assert function.ask("POST", "/predict", "x" * 1_000_001)["statusCode"] == 413
    assert [line["schema"] for line in function.logged()][3:] == ["trunkline/rejection/1"]
    strange: tuple[Any, ...] = (
        {},
        [],
        None,
        {"version": "2.0"},
        {"Records": []},
        url_event("POST", "/predict", "%", packed=True),
    )
    for event in strange:
        assert function.runtime.invoke(event)[1]["statusCode"] == 400
    told = function.ask(
        "POST",
        "/feedback",
        json.dumps({"prediction": answer["id"], "value": "Yes"}),
        headers={"x-trunkline-key": "no"},
    )
    assert told["statusCode"] == 401
    assert function.runtime.trouble == []


def test_keys_and_what_happened_are_taken_and_shipped(live: Live, begin: Callable[..., Function]) -> None:
    live.add(1)
    live.release(1)
    key, text = new_key(("predict", "feedback"), datetime.now(UTC))
    function = begin(
        '{"tls":"platform","callers":"keys"}',
        TRUNKLINE_GIVEN_KEYS=KeyFile(keys=(key,)).canonical().decode(),
    )
    assert function.ask("POST", "/predict", json.dumps(ROW))["statusCode"] == 401
    for header in (
        {"authorization": f"Bearer {text}"},
        {"x-trunkline-key": text, "authorization": "AWS4-HMAC-SHA256 x"},
    ):
        reply = function.ask("POST", "/predict", json.dumps(ROW), headers=header)
        assert reply["statusCode"] == 200
    event = json.dumps({"prediction": json.loads(reply["body"])["id"], "value": "Yes"})
    assert function.ask("POST", "/feedback", event, headers={"x-trunkline-key": text})["statusCode"] < 300
    truths = [path for path in (live.folder / SHIPPED).iterdir() if "truth" in path.name]
    assert [json.loads(line)["value"] for path in truths for line in path.read_text().splitlines()] == ["Yes"]


def test_a_silent_challenger_has_answered_by_then(live: Live, begin: Callable[..., Function]) -> None:
    live.add(1)
    live.add(2, bias=1.0)
    silent = live.release(1, 2, strategy="silent")
    live.release(1)
    function = begin(TRUNKLINE_RELEASE=silent.canonical().decode())
    answer = json.loads(function.ask("POST", "/predict", json.dumps(ROW))["body"])
    assert {(line["arm"], line["answered"]) for line in function.logged()} == {
        ("champion", ""),
        ("silent", answer["id"]),
    }


def test_an_answer_that_the_store_does_not_take_is_not_given(
    live: Live, begin: Callable[..., Function]
) -> None:
    live.add(1)
    live.release(1)
    function = begin()
    assert function.ask("POST", "/predict", json.dumps(ROW))["statusCode"] == 200
    (live.folder / SHIPPED).rename(live.folder / "away")
    (live.folder / SHIPPED).touch()
    assert function.ask("POST", "/predict", json.dumps(ROW))["statusCode"] == 503


@pytest.mark.parametrize(
    "variables",
    [{"TRUNKLINE_LOG_STORE": ""}, {"TRUNKLINE_USER_SECRET": ""}, {"TRUNKLINE_RELEASE": "{}"}, {"access": ""}],
    ids=["store", "secret", "release", "access"],
)
def test_what_it_lacks_is_said_to_lambda_and_it_ends(
    live: Live, begin: Callable[..., Function], variables: dict[str, str]
) -> None:
    live.add(1)
    live.release(1)
    function = begin(**variables)
    how, said = function.runtime.ended()
    assert how == "cannot begin"
    assert set(said) == {"errorType", "errorMessage", "stackTrace"}
    assert function.process.wait(timeout=60) != 0
