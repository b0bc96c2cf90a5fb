"""Requests that cannot be read at all: refused in plain words, and no breach of the contract in the log."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

ROW = {"arrest_id": 1, "age": 23, "employed": "Yes", "checks": 2}
BODY = json.dumps(ROW).encode()


@pytest.fixture
def service(live: Any, start: Callable[..., Any]) -> Any:
    live.add(1)
    live.release(1)
    return start(live)


@pytest.mark.parametrize("path", ["/health", "/ready", "/metrics", "/docs", "/openapi.json"])
def test_whatever_can_be_got_can_be_asked_for_its_head(service: Any, path: str) -> None:
    head, got = service.client.head(path), service.client.get(path)
    assert head.status_code == got.status_code == 200
    assert head.content == b""
    assert head.headers["content-type"] == got.headers["content-type"]


@pytest.mark.parametrize(
    ("headers", "content"),
    [
        ({"content-encoding": "gzip", "content-type": "application/json"}, gzip.compress(BODY)),
        ({"content-encoding": "br"}, b"\x8b\x01"),
        ({"content-type": "application/x-www-form-urlencoded"}, b"age=23"),
        ({"content-type": "multipart/form-data; boundary=x"}, b"--x--"),
        ({"content-type": "application/json; charset=utf-16"}, json.dumps(ROW).encode("utf-16")),
        ({"content-type": "text/csv"}, b"age\n23\n"),
    ],
    ids=["gzip", "brotli", "form", "multipart", "utf-16", "csv"],
)
@pytest.mark.parametrize("path", ["/predict", "/predict/batch"])
def test_a_body_of_another_kind_is_refused_and_logged_as_no_breach(
    service: Any, path: str, headers: dict[str, str], content: bytes
) -> None:
    answer = service.client.post(path, content=content, headers=headers)
    assert answer.status_code == 415
    assert answer.json()["error"]
    assert service.live.lines("rejection") == []
    assert "trunkline_rejected" not in "".join(
        line for line in service.client.get("/metrics").text.splitlines() if not line.startswith("#")
    )


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "application/json"},
        {"content-type": 'Application/JSON; Charset="UTF-8"'},
        {"content-type": "application/vnd.loans+json"},
        {"content-encoding": "identity"},
    ],
)
def test_json_is_taken_however_it_is_announced(service: Any, headers: dict[str, str]) -> None:
    assert service.client.post("/predict", content=BODY, headers=headers).status_code == 200


def test_a_byte_order_mark_before_the_json_is_passed_over(service: Any) -> None:
    assert service.client.post("/predict", content=b"\xef\xbb\xbf" + BODY).status_code == 200


def test_a_body_in_pieces_is_taken_and_one_without_end_is_not(service: Any) -> None:
    def pieces() -> Iterator[bytes]:
        yield BODY[:5]
        yield BODY[5:]

    def flood() -> Iterator[bytes]:
        yield b'{"age": "'
        for _ in range(2000):
            yield b"a" * 1000

    assert service.client.post("/predict", content=pieces()).status_code == 200
    assert service.client.post("/predict", content=flood()).status_code == 413
    assert service.live.lines("rejection") == []


def test_a_wrong_path_or_method_says_the_right_one(service: Any) -> None:
    slash = service.client.post("/predict/", json=ROW, follow_redirects=False)
    assert slash.status_code == 404
    assert "/predict," in slash.json()["error"]
    for method in ("GET", "PUT", "OPTIONS", "HEAD"):
        answer = service.client.request(method, "/predict")
        assert answer.status_code == 405
        assert answer.headers["allow"] == "POST"
