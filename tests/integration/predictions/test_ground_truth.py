"""Ground truth read from real files: the later counts, a line under way waits, a wrong one is named."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from trunkline.core.errors import DataError
from trunkline.predictions import GroundTruth
from trunkline.predictions.ground_truth import read_truth

START = datetime(2026, 1, 1, tzinfo=UTC)


def _truth(name: str, outcome: str) -> bytes:
    return orjson.dumps(GroundTruth(prediction=name, outcome=outcome, time=START).to_dict())


def test_the_later_truth_of_one_answer_counts(tmp_path: Path) -> None:
    path = tmp_path / "production.jsonl"
    path.write_bytes(b"\n".join([_truth("p1", "Yes"), b"", _truth("p2", "No"), _truth("p1", "No")]) + b"\n")
    found = read_truth(path)
    assert {name: record.outcome for name, record in found.items()} == {"p1": "No", "p2": "No"}


@pytest.mark.parametrize("order", [1, -1])
def test_a_later_truth_counts_in_whatever_order_it_is_written(tmp_path: Path, order: int) -> None:
    path = tmp_path / "production.jsonl"
    later = GroundTruth(prediction="p1", outcome="No", time=START + timedelta(hours=1))
    path.write_bytes(b"\n".join([_truth("p1", "Yes"), orjson.dumps(later.to_dict())][::order]) + b"\n")
    assert read_truth(path)["p1"].outcome == "No"


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
