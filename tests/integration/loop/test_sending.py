"""Rows of a file, sent as requests: the ones without an answer are named."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import UnavailableError
from trunkline.loop.life.traffic import SHOWN, send

CONTRACT = Contract(
    name="loans",
    columns=(
        Column(name="age", type="integer"),
        Column(name="repaid", type="category", categories=("no", "yes"), role=Role.OUTCOME),
    ),
    positive="yes",
)


class Service(BaseHTTPRequestHandler):
    """Answers the young, refuses the old, and breaks at those who are older still."""

    def do_GET(self) -> None:
        self._say(200, "<html>")

    def do_POST(self) -> None:
        age = json.loads(self.rfile.read(int(self.headers["content-length"])))["age"]
        status = 200 if age < 60 else 422 if age < 90 else 503
        other = {-1: "<html>", -2: "[]"}.get(age, '{"id": "x"}')
        self._say(status, other if status == 200 else f"age {age}")

    def _say(self, status: int, text: str) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Keep still."""


@pytest.fixture
def address() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_rows_without_an_answer_are_named_by_number_with_what_was_said(address: str) -> None:
    rows = [{"age": age} for age in (30, 61, 31, 95)]
    sent = send(rows, CONTRACT, address, progress=lambda _: None)
    assert (sent.answered, sent.refused, sent.failed) == (2, 1, 1)
    assert sent.problems == ("row 2: age 61", "row 4: age 95")


def test_only_the_first_few_are_named(address: str) -> None:
    sent = send([{"age": 70}] * 40, CONTRACT, address, progress=lambda _: None)
    assert sent.refused == 40
    assert len(sent.problems) == SHOWN


@pytest.mark.parametrize("age", [-1, -2])
def test_another_program_that_answers_there_is_named(age: int, address: str) -> None:
    with pytest.raises(UnavailableError):
        send([{"age": age}], CONTRACT, address, progress=lambda _: None)
