"""Ground truth read from real files: the later counts, a line under way waits, a wrong one is named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import orjson
import pytest

from trunkline.core.errors import DataError, StorageError
from trunkline.predictions import GroundTruth
from trunkline.predictions.ground_truth import events_of, read_truth, timeless

START = datetime(2026, 1, 1, tzinfo=UTC)


def truth_of(path: Path, names: list[str]) -> dict[str, GroundTruth]:
    """Return the outcome of each answer that has one."""
    return {
        event.prediction: event
        for events in events_of(path, names).values()
        for event in events
        if not event.item
    }


def _truth(name: str, outcome: str) -> bytes:
    return orjson.dumps(GroundTruth(prediction=name, value=outcome, time=START).to_dict())


def test_the_later_truth_of_one_answer_counts(tmp_path: Path) -> None:
    path = tmp_path / "production.jsonl"
    path.write_bytes(b"\n".join([_truth("p1", "Yes"), b"", _truth("p2", "No"), _truth("p1", "No")]) + b"\n")
    found = read_truth(path)
    assert {name: record.value for name, record in found.items()} == {"p1": "No", "p2": "No"}


@pytest.mark.parametrize("order", [1, -1])
def test_a_later_truth_counts_in_whatever_order_it_is_written(tmp_path: Path, order: int) -> None:
    path = tmp_path / "production.jsonl"
    later = GroundTruth(prediction="p1", value="No", time=START + timedelta(hours=1))
    path.write_bytes(b"\n".join([_truth("p1", "Yes"), orjson.dumps(later.to_dict())][::order]) + b"\n")
    assert read_truth(path)["p1"].value == "No"


def test_a_record_of_the_first_schema_says_the_same_by_another_name() -> None:
    first = {
        "schema": "trunkline/ground-truth/1",
        "prediction": "p1",
        "outcome": None,
        "time": START.isoformat(),
    }
    told = GroundTruth.from_dict(first, origin="a test")
    assert told == GroundTruth(prediction="p1", value=None, time=START)
    with pytest.raises(StorageError, match="outcome"):
        GroundTruth.from_dict(first | {"schema": GroundTruth.SCHEMA}, origin="a test")


def test_late_repeated_and_corrected_events_are_joined_as_line_by_line(tmp_path: Path) -> None:
    random = Random(7)  # noqa: S311
    events = [
        GroundTruth(
            prediction=f"p{random.randrange(60)}",
            item=random.choice(["", "", "", "offer"]),
            value=random.choice(["Yes", "No", "No", None, 1, 2.5, True]),
            time=START + timedelta(seconds=random.randrange(5)),
        )
        for _ in range(600)
    ]
    path = tmp_path / "production.jsonl"
    # The first half as an earlier version wrote it.
    first, second = events[:300], events[300:]
    old = [
        one.to_dict() | {"schema": "trunkline/ground-truth/1", "outcome": one.value}
        for one in first
        if not one.item
    ]
    for each in old:
        del each["value"], each["item"]
    path.write_bytes(
        b"".join(orjson.dumps(one) + b"\n" for one in [*old, *(one.to_dict() for one in second)])
    )
    names = [f"p{number}" for number in range(61)]
    assert truth_of(path, names) == read_truth(path) != {}


def test_an_event_about_an_item_is_no_outcome_of_an_answer(tmp_path: Path) -> None:
    path = tmp_path / "production.jsonl"
    path.write_text(GroundTruth(prediction="p1", item="offer", value="Yes", time=START).line())
    assert truth_of(path, ["p1"]) == read_truth(path) == {}


def test_truth_that_never_came_is_empty(tmp_path: Path) -> None:
    assert read_truth(tmp_path / "none.jsonl") == {}


def test_truth_that_is_still_being_written_waits_for_the_next_time(tmp_path: Path) -> None:
    path = tmp_path / "production.jsonl"
    path.write_bytes(_truth("p1", "Yes") + b"\n" + _truth("p2", "No")[:20])
    assert list(read_truth(path)) == ["p1"]


@pytest.mark.parametrize("line", [b"p2,No", b"[1]", b'{"prediction": "p2"}', b'{"schema": "other/1"}'])
def test_a_wrong_line_of_truth_is_named_by_its_number(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "production.jsonl"
    path.write_bytes(_truth("p1", "Yes") + b"\n" + line + b"\n" + _truth("p3", "No") + b"\n")
    with pytest.raises(DataError, match="line 2"):
        read_truth(path)


def test_a_time_without_a_zone_is_utc(tmp_path: Path) -> None:
    path = tmp_path / "production.jsonl"
    naive = b'{"prediction": "p1", "outcome": "No", "time": "2026-01-01T01:00:00"}'
    path.write_bytes(naive + b"\n" + _truth("p1", "Yes") + b"\n")
    assert read_truth(path)["p1"].time == START + timedelta(hours=1)


@pytest.mark.parametrize(
    ("value", "time"),
    [
        ("NaN", "2026-01-01"),
        ("-Infinity", "2026-01-01"),
        ("1e999", "2026-01-01"),
    ],
)
def test_a_value_that_nothing_can_have_is_named_by_its_line(tmp_path: Path, value: str, time: str) -> None:
    path = tmp_path / "production.jsonl"
    line = f'{{"prediction": "p2", "value": {value}, "time": "{time}"}}\n'
    path.write_bytes(_truth("p1", "Yes") + b"\n" + line.encode())
    with pytest.raises(DataError, match="line 2"):
        truth_of(path, ["p1", "p2"])


@pytest.mark.parametrize(
    "time",
    [
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "99999-01-01",
        "infinity",
        "0044-03-15 (BC)",
        "",
        None,
        1e300,
    ],
)
def test_an_event_at_no_time_is_left_out_and_counted(tmp_path: Path, time: object) -> None:
    path = tmp_path / "production.jsonl"
    wrong = orjson.dumps({"prediction": "p2", "value": "No", "time": time})
    path.write_bytes(wrong + b"\n" + _truth("p1", "Yes") + b"\n" + wrong.replace(b"p2", b"p1") + b"\n")
    assert truth_of(path, ["p1", "p2"]) == read_truth(path)
    assert {name: event.value for name, event in read_truth(path).items()} == {"p1": "Yes"}
    assert timeless(path) == 2
    path.write_bytes(wrong + b"\n")
    assert events_of(path, ["p2"]) == {}
    assert read_truth(path) == {}


def test_seconds_since_1970_are_a_time(tmp_path: Path) -> None:
    path = tmp_path / "production.jsonl"
    path.write_text('{"prediction": "p1", "value": "Yes", "time": 1767225600}\n')
    assert timeless(path) == 0
    assert truth_of(path, ["p1"])["p1"].time == START


def test_a_whole_number_of_any_length_is_read_as_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "production.jsonl"
    path.write_text(GroundTruth(prediction="p1", value=10**400, time=START).line())
    assert truth_of(path, ["p1"]) == read_truth(path) != {}


def test_a_line_that_only_the_records_rules_read_takes_no_event_of_an_item_away(tmp_path: Path) -> None:
    path = tmp_path / "production.jsonl"
    click = GroundTruth(prediction="p1", item="offer", value=True, time=START)
    unix = '{"prediction": "p2", "value": "Yes", "time": 1767225600}\n'
    path.write_text(click.line() + unix)
    assert events_of(path, ["p1"]) == {"p1": (click,)}


def test_a_missing_value_is_no_event_that_was_taken_back(tmp_path: Path) -> None:
    path = tmp_path / "production.jsonl"
    back = GroundTruth(prediction="p1", value=None, time=START).line()
    path.write_text(back + '{"prediction": "p2", "time": "2026-01-01"}\n' + back)
    with pytest.raises(DataError, match="line 2"):
        truth_of(path, ["p1", "p2"])
    path.write_text(back)
    assert truth_of(path, ["p1"]) == {}


def test_of_many_events_of_one_time_the_last_line_counts(tmp_path: Path) -> None:
    # More lines than the database reads in one piece, by more than one process.
    path = tmp_path / "production.jsonl"
    path.write_bytes(
        b"".join(
            b'{"prediction":"p%d","value":%d,"time":"2026-01-01"}\n' % (number % 300, number)
            for number in range(300_000)
        )
    )
    found = truth_of(path, [f"p{number}" for number in range(300)])
    assert {name: event.value for name, event in found.items()} == {
        f"p{number % 300}": number for number in range(299_700, 300_000)
    }
