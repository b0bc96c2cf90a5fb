"""What is too old goes, a whole file at a time, and with its ground truth; nothing younger does."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from trunkline.predictions import GroundTruth, Prediction
from trunkline.predictions.compaction import compact
from trunkline.predictions.copies import LogCopy
from trunkline.predictions.ground_truth import read_truth, record_truth
from trunkline.predictions.reader import LogReader
from trunkline.predictions.retention import expire
from trunkline.predictions.segments import closed_name
from trunkline.predictions.stores.folder import FolderStore
from trunkline.predictions.writer import LogWriter

START = datetime(2026, 1, 1, 10, 0, tzinfo=UTC)


def answer(hour: int) -> Prediction:
    return Prediction(
        id=f"p{hour}", time=START + timedelta(hours=hour), environment="e", revision="r", version=1,
        bundle="sha256:b", arm="champion", inputs={}, outputs={"prediction": 1}, latency_ms=1.0,
    )  # fmt: skip


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    # As late as truth comes: long after the answer.
    record_truth(
        tmp_path / "truth.jsonl",
        [GroundTruth(prediction=f"p{hour}", value=1, time=START + timedelta(days=9)) for hour in range(8)],
    )
    return tmp_path / "truth.jsonl"


def fill(folder: Path) -> LogWriter:
    log = LogWriter(folder)
    for hour in range(8):
        log.append([answer(hour)])
    return log


def held(folder: Path) -> list[str]:
    return [row.id for row in LogReader(folder).between().predictions]


@pytest.mark.parametrize("compacted", [False, True])
def test_files_that_ended_before_go_with_their_truth_and_no_other_does(
    tmp_path: Path, truth: Path, compacted: bool
) -> None:
    folder = tmp_path / "log"
    fill(folder).close()
    if compacted:
        compact(folder, full=1)
    assert expire(folder, truth, START + timedelta(hours=3)) == 3
    left = [f"p{hour}" for hour in range(3, 8)]
    assert held(folder) == left
    assert [*read_truth(truth)] == left
    assert expire(folder, truth, START + timedelta(hours=3)) == 0
    compact(folder, full=1)
    assert held(folder) == left


def test_a_file_that_a_younger_answer_lies_in_stays_whole(tmp_path: Path, truth: Path) -> None:
    folder = tmp_path / "log"
    fill(folder).close()
    compact(folder, many=7)
    assert expire(folder, truth, START + timedelta(hours=6)) == 0
    assert len(held(folder)) == len(read_truth(truth)) == 8
    assert expire(folder, truth, START + timedelta(hours=6.5)) == 7
    assert held(folder) == ["p7"]


def test_what_is_written_to_stays_whatever_its_age_and_what_a_killed_writer_left_goes(
    tmp_path: Path, truth: Path
) -> None:
    folder = tmp_path / "log"
    killed = LogWriter(folder)
    killed.append([answer(0)])
    live = LogWriter(folder)
    live.append([answer(1)])
    killed.close()
    assert expire(folder, truth, START + timedelta(days=30)) == 1
    assert held(folder) == ["p1"]
    live.close()


@pytest.mark.parametrize("stem", ["evil", "20260101t100000000000-1-00000001"])
def test_an_old_file_that_names_answers_which_stay_takes_no_truth_of_theirs(
    tmp_path: Path, truth: Path, stem: str
) -> None:
    folder = tmp_path / "log"
    folder.mkdir()
    lines = gzip.compress("".join(answer(hour).line() for hour in range(8)).encode())
    real = closed_name("20260101t100000000000-1-00000001", START, START + timedelta(hours=7))
    # It sorts behind the real one, and so is taken for it where the stem is the same.
    for name in (real, closed_name(stem, START + timedelta(days=9), START - timedelta(days=9))):
        (folder / name).write_bytes(lines)
    before = truth.read_bytes()
    expire(folder, truth, START - timedelta(days=1))
    assert truth.read_bytes() == before
    assert (folder / real).exists()


def test_an_old_file_in_a_store_does_not_hide_the_open_one_whose_stem_it_has(
    tmp_path: Path, truth: Path
) -> None:
    stem = "20260101t100000000000-1-00000001"
    lines = "".join(answer(hour).line() for hour in range(8)).encode()
    store = FolderStore(tmp_path / "store")
    store.put(f"{stem}.jsonl", lines)
    long_ago = START - timedelta(days=9)
    store.put(closed_name(stem, long_ago, long_ago), gzip.compress(lines))
    before = truth.read_bytes()
    copy = LogCopy(store, tmp_path / "copy")
    copy.change(lambda folder: expire(folder, truth, START - timedelta(days=1)))
    assert truth.read_bytes() == before
    assert [file.name for file in store.files()] == [f"{stem}.jsonl"]
    assert len(LogReader(copy.folder, copy.bring).between().predictions) == 8


def test_nothing_is_deleted_where_there_is_no_log(tmp_path: Path) -> None:
    assert expire(tmp_path / "none", tmp_path / "truth", START) == 0
