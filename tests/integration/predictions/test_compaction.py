"""Closed segments become parts: beside readers and writers, and killed at every step."""

from __future__ import annotations

import fcntl
import json
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from trunkline.predictions import Prediction
from trunkline.predictions.compaction import QUIET_SECONDS, compact
from trunkline.predictions.database import database
from trunkline.predictions.forgetting import forget
from trunkline.predictions.reader import LogReader
from trunkline.predictions.segments import MANIFEST, Compacted, read_compacted, segments_in
from trunkline.predictions.writer import LogWriter

START = datetime(2026, 1, 1, 10, 0, tzinfo=UTC)
Kill = Callable[[str], None]


class Killed(BaseException):
    """The process ends here."""


def answer(number: int) -> Prediction:
    return Prediction(
        id=f"{number * 7919 % 1000:03}", time=START + timedelta(seconds=number), environment="e", revision="r",
        version=1, bundle="sha256:b", arm="champion", inputs={"n": number}, outputs={"prediction": 1}, latency_ms=1.0,
    )  # fmt: skip


def fill(folder: Path, *, first: int = 0, last: int = 40) -> LogWriter:
    log = LogWriter(folder, size=2500)
    for number in range(first, last):
        log.append([answer(number)])
    log.close()
    return log


def held(folder: Path) -> list[int]:
    return [row.inputs["n"] for row in LogReader(folder).between().predictions]


def test_every_question_is_answered_as_before(tmp_path: Path) -> None:
    fill(tmp_path)
    log = LogReader(tmp_path)
    since, until = START + timedelta(seconds=9), START + timedelta(seconds=31)

    def asked() -> list[object]:
        found = (
            log.between(since, until),
            log.newest(7),
            log.newest(39),
            log.count(),
            log.answered({"000", "x"}),
        )
        return [*found, *(log.find(answer(number).id) for number in (0, 20, 39)), log.find("x")]

    before = asked()
    assert compact(tmp_path, full=1) > 2
    assert len([*tmp_path.glob("*.gz")]) == 0
    assert asked() == before


def test_small_segments_wait_until_there_are_many(tmp_path: Path) -> None:
    fill(tmp_path)
    closed = len([*tmp_path.glob("*.gz")])
    assert compact(tmp_path, many=closed + 1) == 0
    assert compact(tmp_path, many=closed) == 1
    assert compact(tmp_path, many=closed) == 0
    assert held(tmp_path) == [*range(40)]


@pytest.mark.parametrize("step", ["replace", "write_atomically", "unlink"])
def test_killed_at_any_step_nothing_is_lost_and_nothing_is_double(
    tmp_path: Path, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path)

    def kill(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        if step == "write_atomically":
            patched.setattr("trunkline.predictions.compaction.write_atomically", kill)
        else:
            patched.setattr(f"pathlib.Path.{'rename' if step == 'replace' else 'unlink'}", kill)
        with pytest.raises(Killed):
            compact(tmp_path, full=1)
    assert held(tmp_path) == [*range(40)]
    compact(tmp_path, full=1)
    assert held(tmp_path) == [*range(40)]
    named = {part.name for part in read_compacted(tmp_path).parts}
    assert {path.name for path in tmp_path.glob("*.parquet")} == named
    assert not [*tmp_path.glob("*.gz"), *tmp_path.glob(".compacting-*")]


def test_a_segment_of_a_killed_writer_is_compacted_and_one_that_is_written_to_is_not(tmp_path: Path) -> None:
    dead = fill(tmp_path, last=5)
    live = LogWriter(tmp_path)
    live.append([answer(90)])
    for log in (dead, live):
        os.utime(log.path, (0, START.timestamp() - QUIET_SECONDS))
    assert compact(tmp_path, full=1) > 0
    assert (dead.path.exists(), live.path.exists()) == (False, True)
    live.append([answer(91)])
    live.close()
    assert held(tmp_path) == [0, 1, 2, 3, 4, 90, 91]


def test_a_log_of_one_file_is_left_alone_for_its_writer_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "20260101t100000-1.jsonl"
    path.write_text("".join(answer(number).line() for number in range(3)))
    os.utime(path, (0, 0))
    assert compact(tmp_path, full=1) == 0
    assert held(tmp_path) == [0, 1, 2]


def test_damaged_lines_stay_behind_and_stay_counted(tmp_path: Path) -> None:
    log = LogWriter(tmp_path)
    log.append([answer(1)])
    with log.path.open("ab") as stream:
        stream.write(b"\x00\xff\n[]\n")
    log.close()
    os.utime(log.path, (0, 0))
    before = LogReader(tmp_path).between().torn, LogReader(tmp_path).count()
    assert compact(tmp_path, full=1) == 1
    assert (LogReader(tmp_path).between().torn, LogReader(tmp_path).count()) == before == (2, (1, 2))


def test_only_one_compacts(tmp_path: Path) -> None:
    fill(tmp_path)
    with (tmp_path / ".compacting").open("w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        assert compact(tmp_path, full=1) == 0
    assert compact(tmp_path / "none") == 0


def test_two_readers_see_every_answer_once_while_one_compacts(tmp_path: Path) -> None:
    fill(tmp_path)
    seen: list[list[int]] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.append(held(tmp_path))
            seen.append([*range(35), *[row.time.second for row in LogReader(tmp_path).newest(5).predictions]])

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    made = compact(tmp_path, full=1)
    done.set()
    for reader in readers:
        reader.join()
    assert made > 2
    assert seen
    assert all(found == [*range(40)] for found in seen)


def test_a_part_that_the_manifest_does_not_name_is_none(tmp_path: Path) -> None:
    fill(tmp_path)
    compact(tmp_path, full=1)
    kept = (tmp_path / MANIFEST).read_bytes()
    part = next(tmp_path.glob("*.parquet"))
    (tmp_path / f"x{part.name}").write_bytes(part.read_bytes())
    assert held(tmp_path) == [*range(40)]
    assert (tmp_path / MANIFEST).read_bytes() == kept
    assert all(segment.path.name[0] != "x" for segment in segments_in(tmp_path))


@pytest.mark.parametrize("compacted", [False, True])
def test_a_silent_answer_that_came_after_its_segment_was_closed_is_in_the_window_of_its_answer(
    tmp_path: Path, compacted: bool
) -> None:
    log = LogWriter(tmp_path)
    # Each hour begins another segment: here with the silent answer of the answer before.
    for number, hour in ((1, 0), (2, 3600), (3, 7200)):
        log.append([answer(hour + number)])
        log.append([answer(hour + 3599 + number).model_copy(update={"arm": "silent"})])
    log.append([answer(10_800 + 60)])
    log.close()
    if compacted:
        compact(tmp_path, full=1)
    for requests in (1, 2, 3, 4, 9):
        window, whole = LogReader(tmp_path).newest(requests), LogReader(tmp_path).between()
        first = window.predictions[0].time
        assert len(window.predictions) == min(requests, 4)
        assert window.silent == tuple(row for row in whole.silent if requests > 4 or row.time >= first)


def test_parts_of_the_first_layout_are_read_and_are_forgotten_from(tmp_path: Path) -> None:
    fill(tmp_path)
    compact(tmp_path, full=1)
    compacted = read_compacted(tmp_path)
    for part in compacted.parts:
        path = tmp_path / part.name
        with database() as opened:
            opened.execute(
                "COPY (SELECT * EXCLUDE key, line->>'$.id' AS id FROM read_parquet(?)) TO ? (FORMAT parquet)",
                [str(path), str(tmp_path / ".old")],
            )
        (tmp_path / ".old").replace(path)
    old = tuple(part.model_copy(update={"layout": 1}) for part in compacted.parts)
    written = json.loads(Compacted(parts=old).canonical())
    for part in written["parts"]:
        del part["layout"]
    (tmp_path / MANIFEST).write_text(json.dumps(written))
    log = LogReader(tmp_path)
    assert held(tmp_path) == [*range(40)]
    assert log.find(answer(20).id) == answer(20)
    assert log.answered({answer(3).id, "x"}) == {answer(3).id}
    assert len(forget(tmp_path, tmp_path / "truth", [""])) == 40
    assert held(tmp_path) == []


def test_the_key_of_an_id_is_what_parts_on_disks_have() -> None:
    with database() as opened:
        assert opened.execute("SELECT md5_number('a')::UUID::VARCHAR").fetchall() == [
            ("61267769-e299-c331-a8b6-f1c0b975c10c",)
        ]
