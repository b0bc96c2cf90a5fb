"""The prediction log and the ground truth as files, whole, torn and damaged."""

from __future__ import annotations

import os
import random
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from trunkline.core.errors import StorageError
from trunkline.core.tail import newest_first
from trunkline.predictions import Failure, GroundTruth, Logged, Prediction, Rejection
from trunkline.predictions.compaction import compact
from trunkline.predictions.ground_truth import events_of
from trunkline.predictions.reader import LogReader
from trunkline.predictions.writer import LogWriter

START = datetime(2026, 1, 1, tzinfo=UTC)


def truth_of(path: Path, names: list[str]) -> dict[str, GroundTruth]:
    """Return the outcome of each answer that has one."""
    return {
        event.prediction: event
        for events in events_of(path, names).values()
        for event in events
        if not event.item
    }


def _answer(second: int, **changes: Any) -> Prediction:
    values: dict[str, Any] = {
        "id": f"p{second}",
        "time": START + timedelta(seconds=second),
        "environment": "production",
        "revision": "r1",
        "version": 1,
        "bundle": "sha256:one",
        "arm": "champion",
        "inputs": {"age": 30},
        "outputs": {"prediction": "Yes"},
        "latency_ms": 1.0,
    }
    return Prediction(**(values | changes))


def _rejection(second: int) -> Rejection:
    time = START + timedelta(seconds=second)
    return Rejection(id=f"r{second}", time=time, environment="production", problems=())


def _failure(second: int) -> Failure:
    return Failure(
        id=f"f{second}",
        time=START + timedelta(seconds=second),
        environment="production",
        version=2,
        bundle="sha256:two",
        arm="silent",
        reason="failed",
        user="u",
    )


def _write(path: Path, rows: list[Logged], tail: bytes = b"") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(orjson.dumps(row.to_dict()) + b"\n" for row in rows) + tail)


def test_a_folder_that_is_not_there_is_an_empty_log(tmp_path: Path) -> None:
    assert LogReader(tmp_path / "none").between().requests == 0


def test_the_newest_requests_come_in_order_of_time_from_files_that_overlap(tmp_path: Path) -> None:
    _write(tmp_path / "20260101T000000-1.jsonl", [_answer(second) for second in (0, 1, 4, 6)])
    _write(tmp_path / "20260101T000002-2.jsonl", [_answer(2), _rejection(3), _answer(5), _answer(7)])
    window = LogReader(tmp_path).newest(5)
    assert [one.id for one in window.predictions] == ["p4", "p5", "p6", "p7"]
    assert [one.id for one in window.rejections] == ["r3"]
    assert [one.id for one in LogReader(tmp_path).between().predictions] == [
        f"p{second}" for second in (0, 1, 2, 4, 5, 6, 7)
    ]


def test_the_answers_before_a_time_are_those_of_champions_of_any_or_another_version(tmp_path: Path) -> None:
    log = LogWriter(tmp_path)
    for hour in range(8):
        bundle = "sha256:two" if hour > 5 else "sha256:one"
        log.append([_answer(3600 * hour + minute, bundle=bundle) for minute in (0, 60)])
        log.append(
            [_answer(3600 * hour + 61, bundle="sha256:two", arm="challenger"), _rejection(3600 * hour)]
        )
    log.close()
    reader, first = LogReader(tmp_path), START + timedelta(hours=7)
    assert [row.id for row in reader.before(first, 3)] == ["p18060", "p21600", "p21660"]
    assert [row.id for row in reader.before(first, 3, not_by="sha256:two")] == ["p14460", "p18000", "p18060"]
    assert len(reader.before(first, 100, not_by="sha256:two")) == 12
    assert reader.before(START, 3) == ()


def test_silent_answers_are_apart_and_do_not_count_as_requests(tmp_path: Path) -> None:
    silent = [_answer(second, id=f"s{second}", arm="silent", answered=f"p{second}") for second in range(10)]
    rows: list[Logged] = []
    for second in range(10):
        rows += [_answer(second), silent[second]]
    _write(tmp_path / "20260101T000000-1.jsonl", rows)
    window = LogReader(tmp_path).newest(3)
    assert [one.id for one in window.predictions] == ["p7", "p8", "p9"]
    assert [one.id for one in window.silent] == ["s7", "s8", "s9"]
    assert len(LogReader(tmp_path).between().silent) == 10


@pytest.mark.parametrize("compacted", [False, True])
def test_failures_are_no_requests_and_come_with_their_stretch_of_time(
    tmp_path: Path, compacted: bool
) -> None:
    rows: list[Logged] = [_answer(0), _failure(1), _answer(2, user="u"), _failure(3)]
    _write(tmp_path / "20260101T000000-1.jsonl", rows)
    if compacted:
        os.utime(tmp_path / "20260101T000000-1.jsonl", (0, 0))
        compact(tmp_path, open_too=True)
    reader = LogReader(tmp_path)
    window = reader.newest(2)
    assert ([row.id for row in window.predictions], window.failures, window.torn) == (["p0", "p2"], (), 0)
    whole = reader.between(since=START + timedelta(seconds=2))
    assert ([row.id for row in whole.failures], whole.requests) == (["f3"], 1)
    assert reader.totals().answers == 2
    assert reader.answers_of(["u"]) == ("f1", "f3", "p2")


def test_a_line_torn_by_a_crash_is_counted_and_all_before_it_are_kept(tmp_path: Path) -> None:
    _write(tmp_path / "20260101T000000-1.jsonl", [_answer(0), _answer(1)], tail=b'{"schema":"trunkline/pre')
    window = LogReader(tmp_path).newest(10)
    assert (len(window.predictions), window.torn) == (2, 1)


@pytest.mark.parametrize(
    "damage",
    [b"\x00\x00\x00\n", b"[]\n", b'{"schema": "other/1"}\n', b'{"schema":"trunkline/prediction/1"}\n'],
)
def test_a_damaged_line_in_the_middle_is_counted_and_passed_over(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "20260101T000000-1.jsonl"
    _write(path, [_answer(0)], tail=damage)
    path.write_bytes(path.read_bytes() + orjson.dumps(_answer(1).to_dict()) + b"\n")
    window = LogReader(tmp_path).between()
    assert (len(window.predictions), window.torn) == (2, 1)


def test_memory_follows_what_is_asked_for_not_the_log(tmp_path: Path) -> None:
    line = orjson.dumps(_answer(0, inputs={"text": "x" * 1000}).to_dict()) + b"\n"
    with (tmp_path / "20260101T000000-1.jsonl").open("wb") as stream:
        for _ in range(20_000):
            stream.write(line)
    tracemalloc.start()
    try:
        assert LogReader(tmp_path).newest(100).requests == 100
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000 < (tmp_path / "20260101T000000-1.jsonl").stat().st_size / 10


@pytest.mark.parametrize("block", [1, 2, 3, 7, 64, 4096])
def test_lines_come_back_reversed_whatever_the_block(tmp_path: Path, block: int) -> None:
    source = random.Random(block)  # noqa: S311
    lines = [b"x" * source.randrange(1, 40) + str(index).encode() for index in range(30)]
    path = tmp_path / "lines"
    for end in (b"", b"\n", b"\n\n"):
        path.write_bytes(b"\n".join(lines) + end)
        assert list(newest_first(path, block=block)) == lines[::-1]


def test_an_empty_file_has_no_lines(tmp_path: Path) -> None:
    (tmp_path / "empty").write_bytes(b"")
    assert list(newest_first(tmp_path / "empty")) == []


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="absent"):
        list(newest_first(tmp_path / "absent"))


def test_what_lies_before_the_newest_is_not_even_read(tmp_path: Path) -> None:
    rows: list[Logged] = [_answer(second) for second in range(5)]
    path = tmp_path / "20260101T000000-1.jsonl"
    _write(path, rows)
    path.write_bytes(b"damaged\n" + path.read_bytes())
    assert (LogReader(tmp_path).newest(2).torn, LogReader(tmp_path).between().torn) == (0, 1)


def test_answers_of_one_moment_keep_the_order_in_which_they_were_written(tmp_path: Path) -> None:
    batch: list[Logged] = [_answer(0, id=f"p{index}") for index in range(10)]
    _write(tmp_path / "20260101T000000-1.jsonl", batch)
    assert [one.id for one in LogReader(tmp_path).between().predictions] == [
        f"p{index}" for index in range(10)
    ]


def _tell(path: Path, *truths: tuple[str, str | None, int]) -> Path:
    path.write_text(
        "".join(
            GroundTruth(prediction=name, value=outcome, time=START + timedelta(hours=hour)).line()
            for name, outcome, hour in truths
        ),
        encoding="utf-8",
    )
    return path


def test_a_stretch_of_time_holds_both_of_its_ends(tmp_path: Path) -> None:
    _write(tmp_path / "20260101T000000-1.jsonl", [_answer(second) for second in range(6)])
    window = LogReader(tmp_path).between(START + timedelta(seconds=2), START + timedelta(seconds=4))
    assert [one.id for one in window.predictions] == ["p2", "p3", "p4"]


def test_an_answer_is_found_by_its_id_and_only_by_the_whole_of_it(tmp_path: Path) -> None:
    rows: list[Logged] = [_answer(1), _answer(11, arm="silent"), _rejection(3)]
    _write(tmp_path / "20260101T000000-1.jsonl", rows)
    log = LogReader(tmp_path)
    assert [log.find("p1"), log.find("p11")] == rows[:2]
    assert [log.find(name) for name in ("p", "r3", "", "' OR 1=1 --")] == [None] * 4


def test_answers_that_users_were_given_are_known_by_their_ids(tmp_path: Path) -> None:
    _write(tmp_path / "1.jsonl", [_answer(1), _answer(2, arm="silent"), _rejection(3), _answer(4)])
    assert LogReader(tmp_path).answered({"p1", "p2", "r3", "p4", "p9"}) == {"p1", "p4"}
    assert LogReader(tmp_path).count() == (2, 0)


def test_the_newest_answers_with_a_truth_are_joined_exactly(tmp_path: Path) -> None:
    other = _answer(5, bundle="sha256:two")
    rows = [_answer(second) for second in range(5)]
    _write(tmp_path / "1.jsonl", [*rows, other, _answer(6, arm="silent")])
    late = ("p1", "No", 3), ("p4", "Yes", 2), ("p0", "No", 1), ("p9", "No", 1), ("p5", "No", 1)
    told = _tell(
        tmp_path / "truth", *late, ("p1", "Yes", 1), ("p2", "No", 1), ("p2", None, 2), ("p6", "Yes", 1)
    )
    log = LogReader(tmp_path)
    assert [one.id for one in log.labelled(told)[0]] == ["p0", "p1", "p4", "p5"]
    assert [one.id for one in log.labelled(told, newest=2, bundle="sha256:one")[0]] == ["p1", "p4"]
    assert log.labelled(tmp_path / "none") == ((), {})
    assert log.labelled(told)[1] == events_of(told, ["p0", "p1", "p4", "p5"])
    assert {name: one.value for name, one in truth_of(told, ["p0", "p1", "p2"]).items()} == {
        "p0": "No",
        "p1": "No",
    }


@pytest.mark.parametrize("folder", ["it's", "a[b]*?", "ümlaut $x", "{a,b}"])
def test_a_folder_of_any_name_is_read(tmp_path: Path, folder: str) -> None:
    _write(tmp_path / folder / "1.jsonl", [_answer(1)])
    told = _tell(tmp_path / folder / "truth", ("p1", "No", 1))
    assert [one.id for one in LogReader(tmp_path / folder).labelled(told)[0]] == ["p1"]


def test_a_log_that_was_cut_anywhere_has_every_whole_line_and_no_other(tmp_path: Path) -> None:
    lines = b"".join(orjson.dumps(_answer(second).to_dict()) + b"\n" for second in (1, 2))
    path, half = tmp_path / "1.jsonl", len(lines) // 2
    for cut in range(half, len(lines) + 1):
        path.write_bytes(lines[:cut])
        # A record without the end of its line is whole, even if nobody was told that it is there.
        whole = ["p1", "p2"] if cut >= len(lines) - 1 else ["p1"]
        assert [one.id for one in LogReader(tmp_path).newest(5).predictions] == whole
        if cut % 40 == 0:
            assert [one.id for one in LogReader(tmp_path).between().predictions] == whole


@pytest.mark.parametrize("kind", ["directory", "loop"])
def test_what_is_no_file_is_named(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "1.jsonl"
    path.mkdir() if kind == "directory" else path.symlink_to(path.name)
    with pytest.raises(StorageError, match="Cannot read"):
        LogReader(tmp_path).between()
    with pytest.raises(StorageError, match="Cannot read"):
        LogReader(tmp_path).newest(1)


def test_a_zone_that_the_time_of_a_truth_has_counts(tmp_path: Path) -> None:
    told = tmp_path / "truth"
    first = '{"prediction": "a", "outcome": "early", "time": "2026-01-01T01:30:00+02:00"}\n'
    told.write_text(first + '{"prediction": "a", "outcome": "late", "time": "2026-01-01T00:00:00"}\n')
    assert truth_of(told, ["a"])["a"].value == "late"
    # What the database does not take for a time is read all the same, by the rules of the record.
    told.write_text(first + '{"prediction": "a", "outcome": "late", "time": 1767225600}\n')
    assert truth_of(told, ["a"])["a"].value == "late"


def test_logs_of_older_versions_call_a_silent_arm_by_another_name(tmp_path: Path) -> None:
    line = orjson.dumps(_answer(2, id="s1", arm="silent", answered="p1").to_dict())
    _write(tmp_path / "1.jsonl", [_answer(1)], line.replace(b'"silent"', b'"shadow"') + b"\n")
    window = LogReader(tmp_path).newest(5)
    assert [one.id for one in window.predictions] == ["p1"]
    assert [(one.id, one.arm) for one in window.silent] == [("s1", "silent")]
    found = LogReader(tmp_path).find("s1")
    assert found
    assert found.arm == "silent"


@pytest.mark.parametrize("compacted", [False, True])
def test_a_whole_log_is_counted_by_version_and_arm(tmp_path: Path, compacted: bool) -> None:
    log = LogWriter(tmp_path, size=1500)
    for number in range(30):
        changes: dict[str, Any] = {"version": 1 + number % 2, "bundle": f"b{number % 2}"}
        log.append([_answer(number, arm=("champion", "silent", "challenger")[number % 3], **changes)])
    log.append([_rejection(30)])
    log.close()
    if compacted:
        compact(tmp_path, full=1)
    totals = LogReader(tmp_path).totals()
    arms = ("champion", "challenger", "silent")
    assert totals.answered == {(version, arm): 5 for version in (1, 2) for arm in arms}
    assert (totals.answers, totals.rejections) == (20, 1)
    assert LogReader(tmp_path / "none").totals().answers == 0
