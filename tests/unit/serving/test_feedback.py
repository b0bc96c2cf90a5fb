"""What is taken as ground truth over HTTP, and what is not."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from trunkline.serving.feedback import read_events
from trunkline.serving.problems import Refused

from .conftest import CONTRACT

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
ID = "0" * 32


def read(*events: dict[str, Any], alone: bool = False) -> list[tuple[str, object, datetime]]:
    body = events[0] if alone else {"events": events}
    found, given = read_events(json.dumps(body).encode(), CONTRACT, NOW)
    assert given == len(events)
    return [(event.prediction, event.value, event.time) for event in found.values()]


def test_one_event_or_many_are_read_in_the_outcomes_type() -> None:
    assert read({"prediction": ID, "value": 2}, alone=True) == [(ID, 2.0, NOW)]
    many = read(
        {"prediction": ID, "value": 2, "time": "2026-01-01T10:00:00Z"},
        {"prediction": "a" * 32, "value": None},
    )
    assert [(value, time.hour) for _, value, time in many] == [(2.0, 10), (None, 12)]


def test_a_time_is_kept_in_utc() -> None:
    told = read({"prediction": ID, "value": 2, "time": "2026-01-01T10:00:00+05:30"}, alone=True)
    assert [time.isoformat() for _, _, time in told] == ["2026-01-01T04:30:00+00:00"]


def test_an_event_that_stands_twice_counts_once() -> None:
    assert len(read({"prediction": ID, "value": 2}, {"prediction": ID, "value": 2})) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"prediction": ID, "value": "two"},
        {"prediction": "../../etc", "value": 2},
        {"prediction": ID, "value": 2, "time": "2027-01-01T00:00:00Z"},
        {"prediction": ID, "value": 2, "time": "yesterday"},
        {"prediction": ID, "value": 2, "time": "0001-01-01T00:00:00+23:59"},
        {"prediction": ID, "value": 2, "time": "9999-12-31T23:59:59-23:59"},
        {"prediction": ID, "value": 2, "time": "1000-01-01T00:00:00Z"},
        {"prediction": ID, "value": 2, "item": "an item"},
        {"prediction": ID, "value": 2, "outcome": 2},
        {"prediction": ID},
        {"prediction": ID, "value": [2]},
        {},
    ],
)
def test_of_a_batch_with_a_wrong_event_nothing_is_taken(wrong: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        read({"prediction": "a" * 32, "value": 1}, wrong)
    assert refused.value.problems
    assert all(problem["field"] and problem["rule"] for problem in refused.value.problems)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"events": []}', b'"text"', b"{", b"\xff"])
def test_what_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(Refused):
        read_events(body, CONTRACT, NOW)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"prediction": ID}, ["value"]),
        ({"prediction": ID, "value": 2, "outcome": 2}, ["outcome"]),
        ({"events": [{"prediction": ID}]}, ["events.0.value"]),
        ({"events": 3}, ["events"]),
        ({"events": [{"prediction": ID, "value": 1}], "more": 1}, ["more"]),
        ([{"prediction": ID, "value": 2}], ["(body)"]),
        ("text", ["(body)"]),
        ({"prediction": ID, "value": [2]}, ["value"]),
    ],
)
def test_a_malformed_body_has_the_problems_of_what_it_was_meant_to_be(body: Any, fields: list[str]) -> None:
    with pytest.raises(Refused) as refused:
        read_events(json.dumps(body).encode(), CONTRACT, NOW)
    assert [problem["field"] for problem in refused.value.problems] == fields


@pytest.mark.parametrize(
    ("wrong", "field", "value"),
    [
        ({"prediction": "../../etc", "value": 2}, "prediction", "../../etc"),
        ({"prediction": ID, "value": 2, "time": "2027-01-01T00:00:00Z"}, "time", "2027-01-01T00:00:00Z"),
        ({"prediction": ID, "value": "two"}, "value", "two"),
    ],
)
def test_a_problem_names_the_field_that_is_wrong_and_what_stood_in_it(
    wrong: dict[str, Any], field: str, value: str
) -> None:
    with pytest.raises(Refused) as refused:
        read({"prediction": "a" * 32, "value": 1}, wrong)
    assert [(row["field"], row["value"]) for row in refused.value.problems] == [(f"events.1.{field}", value)]
    with pytest.raises(Refused) as refused:
        read(wrong, alone=True)
    assert [(row["field"], row["value"]) for row in refused.value.problems] == [(field, value)]
