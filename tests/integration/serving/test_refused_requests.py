"""Wrong input over HTTP: 422 that names field, value and rule; nothing is answered, and the refusal is logged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

ROW = {"arrest_id": 1, "age": 23, "employed": "Yes", "checks": 2}


@pytest.fixture
def service(live: Any, start: Callable[..., Any]) -> Any:
    live.add(1)
    live.release(1)
    return start(live)


def test_each_kind_of_wrong_input_is_named(service: Any) -> None:
    wrong: list[tuple[dict[str, Any], str, object, str]] = [
        (
            {name: ROW[name] for name in ROW if name != "age"},
            "age",
            None,
            "a whole number from 12 to 99 (years)",
        ),
        (ROW | {"age": "young"}, "age", "young", "a whole number from 12 to 99 (years)"),
        (ROW | {"age": 23.5}, "age", 23.5, "a whole number from 12 to 99 (years)"),
        (ROW | {"age": True}, "age", True, "a whole number from 12 to 99 (years)"),
        (ROW | {"age": 100}, "age", 100, "a whole number from 12 to 99 (years)"),
        (ROW | {"employed": "Part-time"}, "employed", "Part-time", "one of No, Yes"),
        (ROW | {"employed": None}, "employed", None, "one of No, Yes"),
        (ROW | {"colour": "Green"}, "colour", "Green", "one of Black, White"),
    ]
    for body, field, value, rule in wrong:
        answer = service.client.post("/predict", json=body)
        assert answer.status_code == 422, body
        (problem,) = answer.json()["problems"]
        assert problem["field"] == field
        assert problem["value"] == value
        assert problem["rule"].startswith(rule), problem
    assert service.live.lines("prediction") == []
    assert [line["problems"][0]["field"] for line in service.live.lines("rejection")] == [
        row[1] for row in wrong
    ]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"{}", b"\xff"])
def test_a_body_that_is_no_row_is_refused(service: Any, content: bytes) -> None:
    answer = service.client.post("/predict", content=content)
    assert answer.status_code == 422
    assert answer.json()["problems"]
    assert service.predict()["prediction"] in ("No", "Yes")
