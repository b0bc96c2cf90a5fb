"""The prediction log on a real disk."""

from __future__ import annotations

import errno
import gzip
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from trunkline.core.errors import StorageError
from trunkline.predictions import Rejection
from trunkline.predictions.closing import close_left
from trunkline.predictions.reader import LogReader
from trunkline.predictions.segments import Segment, closed_name, segments_in
from trunkline.predictions.writer import LogWriter


def rejection(name: str) -> Rejection:
    return Rejection(id=name, time=datetime.now(UTC), environment="e", problems=({"field": "é\n"},))


@pytest.mark.parametrize("sync", [False, True])
def test_lines_are_whole_on_disk_when_append_returns(tmp_path: Path, sync: bool) -> None:
    log = LogWriter(tmp_path / "new" / "folder", sync=sync)
    assert (tmp_path / "new" / "folder").stat().st_mode & 0o027 == 0
    log.append([rejection("a"), rejection("b")])
    log.append([rejection("c")])
    lines = log.path.read_bytes().splitlines()
    assert [json.loads(line)["id"] for line in lines] == ["a", "b", "c"]
    assert Rejection.from_dict(json.loads(lines[0]), origin="log").problems == ({"field": "é\n"},)
    log.close()
    log.close()


def test_a_closed_log_takes_nothing(tmp_path: Path) -> None:
    log = LogWriter(tmp_path)
    log.close()
    with pytest.raises(StorageError, match="Cannot write to the prediction log"):
        log.append([rejection("a")])


def test_two_starts_in_one_second_write_two_files(tmp_path: Path) -> None:
    logs = [LogWriter(tmp_path) for _ in range(3)]
    assert len({log.path for log in logs}) == 3
    assert all(f"-{os.getpid()}" in log.path.name for log in logs)
    assert all((log.path.stat().st_mode & 0o007) == 0 for log in logs)
    for log in logs:
        log.close()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="Cannot write the prediction log"):
        LogWriter(Path("/dev/null/log"))


START = datetime(2026, 1, 1, 10, 0, tzinfo=UTC)


def at(second: float, name: str = "") -> Rejection:
    return Rejection(
        id=name or f"r{second}", time=START + timedelta(seconds=second), environment="e", problems=()
    )


def ids(folder: Path) -> list[str]:
    return [row.id for row in LogReader(folder).between().rejections]


def endings(folder: Path) -> list[str]:
    return [path.name.split(".", 1)[1].rsplit(".", 1)[-1] for path in sorted(folder.glob("*.jsonl*"))]


def test_a_full_segment_is_closed_and_compressed_and_nothing_is_lost(tmp_path: Path) -> None:
    log = LogWriter(tmp_path, size=500)
    for second in range(20):
        log.append([at(second)])
    log.close()
    closed = [segment for segment in segments_in(tmp_path) if segment.closed]
    assert len(closed) > 3
    assert (closed[0].first, closed[0].last) == (
        START,
        START + timedelta(seconds=len(lines_of(closed[0])) - 1),
    )
    assert ids(tmp_path) == [f"r{second}" for second in range(20)]
    assert all((path.stat().st_mode & 0o007) == 0 for path in tmp_path.glob("*.jsonl*"))
    assert [row.id for row in LogReader(tmp_path).newest(3).rejections] == ["r17", "r18", "r19"]


def lines_of(segment: Segment) -> list[bytes]:
    return gzip.decompress(segment.path.read_bytes()).splitlines()


@pytest.mark.parametrize("step", [3600.0, -3.0])
def test_another_hour_and_a_clock_that_went_back_begin_another_segment(tmp_path: Path, step: float) -> None:
    log = LogWriter(tmp_path)
    for second in (0.0, 1.0, 1.0 + step, 2.0 + step):
        log.append([at(second)])
    log.close()
    (closed,) = [segment for segment in segments_in(tmp_path) if segment.closed]
    assert len(lines_of(closed)) == 2
    order = sorted((0.0, 1.0, 1.0 + step, 2.0 + step))
    assert ids(tmp_path) == [f"r{second}" for second in order]
    assert [row.id for row in LogReader(tmp_path).newest(2).rejections] == [
        f"r{second}" for second in order[-2:]
    ]


def test_a_segment_outside_of_the_stretch_is_not_even_opened(tmp_path: Path) -> None:
    log = LogWriter(tmp_path, size=500)
    for second in range(20):
        log.append([at(second)])
    log.close()
    oldest = min(tmp_path.glob("*.gz"))
    oldest.write_bytes(b"no gzip")
    log_reader = LogReader(tmp_path)
    assert [row.id for row in log_reader.between(START + timedelta(seconds=18)).rejections] == ["r18", "r19"]
    assert [row.id for row in log_reader.newest(4).rejections] == ["r16", "r17", "r18", "r19"]
    with pytest.raises(StorageError, match="Cannot read"):
        log_reader.between()


def test_a_segment_that_lies_there_open_and_closed_counts_once(tmp_path: Path) -> None:
    log = LogWriter(tmp_path)
    log.append([at(0), at(1)])
    log.close()
    packed = tmp_path / closed_name(log.path.name.removesuffix(".jsonl"), START, START + timedelta(seconds=1))
    packed.write_bytes(gzip.compress(log.path.read_bytes()))
    (tmp_path / ".half").write_bytes(packed.read_bytes()[:20])
    assert ids(tmp_path) == ["r0", "r1"]


def test_no_room_for_the_compressed_segment_leaves_the_open_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", full)
    log = LogWriter(tmp_path, size=200)
    for second in range(5):
        log.append([at(second)])
    log.close()
    assert set(endings(tmp_path)) == {"jsonl"}
    assert ids(tmp_path) == [f"r{second}" for second in range(5)]


def test_a_full_disk_takes_none_of_the_records_and_the_next_ones_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = LogWriter(tmp_path)
    log.append([at(0)])
    write = os.write

    def half(file: int, content: bytes) -> int:
        monkeypatch.setattr("os.write", full)
        return write(file, content[: len(content) // 2])

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.write", half)
    with pytest.raises(StorageError, match="No space left"):
        log.append([at(1), at(2)])
    monkeypatch.setattr("os.write", write)
    log.append([at(3)])
    log.close()
    assert ids(tmp_path) == ["r0", "r3"]


def test_killed_at_any_byte_of_a_line_every_line_before_is_read_and_the_next_start_loses_none(
    tmp_path: Path,
) -> None:
    written = [at(second) for second in range(3)]
    whole = "".join(row.line() for row in written).encode()
    acknowledged = len("".join(row.line() for row in written[:2]).encode())
    killed = LogWriter(tmp_path)
    killed.append(written[:1])
    killed.close()
    for length in range(acknowledged, len(whole)):
        killed.path.write_bytes(whole[:length])
        found = [row.id for row in LogReader(tmp_path).newest(5).rejections]
        # A line that lacks nothing but its end was written.
        assert found == ["r0", "r1", "r2"][: 3 if length == len(whole) - 1 else 2]
    killed.path.write_bytes(whole[: acknowledged + 40])
    close_left(tmp_path)
    log = LogWriter(tmp_path)
    log.append([at(9)])
    log.close()
    assert ids(tmp_path) == ["r0", "r1", "r9"]
    assert LogReader(tmp_path).between().torn == 1


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+23:59", "0001-01-01T00:00:00Z", "yesterday"])
def test_a_time_that_no_segment_can_be_named_after_does_not_stop_its_closing(
    tmp_path: Path, time: str
) -> None:
    killed = LogWriter(tmp_path)
    killed.append([at(0), at(1)])
    killed.close()
    with killed.path.open("a") as stream:
        stream.write(json.dumps(at(2).to_dict() | {"time": time}) + "\n")
    close_left(tmp_path)
    assert [segment.closed for segment in segments_in(tmp_path)] == [True]
    assert {"r0", "r1"} <= set(ids(tmp_path))


def test_readers_beside_a_writer_see_every_record_once(tmp_path: Path) -> None:
    log = LogWriter(tmp_path, size=2000)
    for count in range(1, 61):
        log.append([at(count, f"{count:03}")])
        if count % 6 == 0:
            assert ids(tmp_path) == [f"{number:03}" for number in range(1, count + 1)]
            assert len(LogReader(tmp_path).newest(5).rejections) == 5
    log.close()
    assert len(ids(tmp_path)) == 60
