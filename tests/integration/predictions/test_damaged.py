"""Lines that somebody else wrote into the log: each counts as damaged, and none stops what reads the others."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from trunkline.predictions import GroundTruth, Prediction
from trunkline.predictions.compaction import compact
from trunkline.predictions.ground_truth import record_truth
from trunkline.predictions.reader import LogReader
from trunkline.predictions.segments import closed_name

START = datetime(2026, 1, 1, 10, 0, tzinfo=UTC)


def answer(number: int, **changes: Any) -> dict[str, Any]:
    made = Prediction(
        id=f"p{number}", time=START + timedelta(minutes=number), environment="e", revision="r", version=3,
        bundle="sha256:b", arm="champion", inputs={}, outputs={"prediction": 1}, latency_ms=1.0,
    )  # fmt: skip
    return made.to_dict() | changes


def write(folder: Path, rows: list[dict[str, Any]]) -> None:
    folder.mkdir()
    lines = b"".join(orjson.dumps(row) + b"\n" for row in rows)
    (folder / closed_name("a", START, START + timedelta(hours=1))).write_bytes(gzip.compress(lines))


@pytest.mark.parametrize("compacted", [False, True])
def test_a_time_that_no_clock_shows_is_damage(tmp_path: Path, compacted: bool) -> None:
    folder, truth = tmp_path / "log", tmp_path / "truth.jsonl"
    times = ("99999-01-01T00:00:00Z", "infinity", "-infinity", "0044-03-15 (BC)")
    write(folder, [answer(1), *(answer(2 + place, time=time) for place, time in enumerate(times))])
    record_truth(truth, [GroundTruth(prediction=f"p{number}", value=1, time=START) for number in range(6)])
    assert compact(folder, full=1) == 1 if compacted else True
    log = LogReader(folder)
    assert log.count() == (1, 4)
    window = log.between()
    assert ([row.id for row in window.predictions], window.torn) == (["p1"], 4)
    for newest in (None, 1, 9):
        assert [row.id for row in log.labelled(truth, newest=newest)[0]] == ["p1"]


def test_the_first_time_of_all_does_not_stop_the_search_for_the_newest(tmp_path: Path) -> None:
    rows = [answer(1), answer(2, time="0001-01-01T00:00:00Z")]
    (tmp_path / "a.jsonl").write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in rows))
    assert [row.id for row in LogReader(tmp_path).newest(1).predictions] == ["p1"]


@pytest.mark.parametrize("version", [None, "three", 2.5e300])
def test_a_version_that_is_none_does_not_stop_the_count(tmp_path: Path, version: object) -> None:
    folder = tmp_path / "log"
    wrong = [answer(number, version=version) for number in range(20)]
    write(folder, [*wrong, answer(20), *(answer(number, version=version, bundle="x") for number in range(3))])
    assert LogReader(folder).totals().answered == {(3, "champion"): 21}
