from __future__ import annotations

from typing import Any

import pytest

from trunkline.core.errors import DataError, StorageError
from trunkline.core.reading import parse_json


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[1,]",
        "NaN",
        '{"a": -Infinity}',
        "1e999",
        "[" * 200_000,
        "9" * 5000,
        b"\xff\xfe\xfa",
        '"\n"',
        '[{"a": 1, "a": 1}]',
        '["\\ud800"]',
        b'{"\\udc00": 1}',
    ],
)
def test_what_is_no_json_is_refused_by_its_origin(text: str | bytes) -> None:
    with pytest.raises(DataError, match=r"^answers\.json is not JSON") as caught:
        parse_json(text, origin="answers.json", error=DataError, next_step="write it again")
    assert caught.value.next_step == "write it again"
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e3", 1000.0),
        ('{"a": [null]}', {"a": [None]}),
        (b'"\xc3\xbc"', "ü"),
        ('"\\ud800\\udc00"', "\U00010000"),
    ],
)
def test_json_is_read(text: str | bytes, value: Any) -> None:
    assert parse_json(text, origin="it") == value


def test_who_asks_for_nothing_else_gets_a_storage_error() -> None:
    with pytest.raises(StorageError):
        parse_json("", origin="it")
