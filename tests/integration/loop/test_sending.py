"""Rows of a file, sent as requests: the ones without an answer are named."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType

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

BUSY, REFUSED = 40, {41: 429, 42: 401}
HASTE = itertools.count()


class Service(BaseHTTPRequestHandler):
    """Answers the young, refuses the old, and breaks at those who are older still."""

    def do_GET(self) -> None:
        self._say(200, "<html>")

    def do_POST(self) -> None:
        age = json.loads(self.rfile.read(int(self.headers["content-length"])))["age"]
        if age == BUSY and next(HASTE) < 2:
            self._say(429, "later", {"retry-after": "1"})
            return
        if age in REFUSED:
            self._say(REFUSED[age], "no", {"retry-after": "7200"})
            return
        status = 200 if age < 60 else 422 if age < 90 else 503
        other = {-1: "<html>", -2: "[]"}.get(age, '{"id": "x"}')
        self._say(status, other if status == 200 else f"age {age}")

    def _say(self, status: int, text: str, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
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


def test_a_row_that_comes_too_soon_is_sent_again_after_as_long_as_the_service_says(address: str) -> None:
    waited: list[float] = []
    sent = send([{"age": BUSY}], CONTRACT, address, progress=lambda _: None, pause=waited.append)
    assert (sent.answered, waited) == (1, [1.0, 1.0])


def test_nobody_waits_for_hours(address: str) -> None:
    waited: list[float] = []
    sent = send([{"age": 41}], CONTRACT, address, progress=lambda _: None, pause=waited.append)
    assert (sent.refused, waited) == (1, [])


def test_a_service_that_asks_for_a_key_is_told_by_the_name_of_the_variable(address: str) -> None:
    sent = send([{"age": 42}], CONTRACT, address, progress=lambda _: None)
    assert sent.refused == 1
    assert "TRUNKLINE_KEY_PREDICT" in sent.problems[0]
