"""The prediction log and the ground truth as files, whole, torn and damaged."""

from __future__ import annotations

import random
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from trunkline.core.errors import StorageError
from trunkline.core.tail import newest_first
from trunkline.predictions import Prediction, Rejection
from trunkline.predictions.reader import read_log

START = datetime(2026, 1, 1, tzinfo=UTC)


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


def _write(path: Path, rows: list[Prediction | Rejection], tail: bytes = b"") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(orjson.dumps(row.to_dict()) + b"\n" for row in rows) + tail)


def test_a_folder_that_is_not_there_is_an_empty_log(tmp_path: Path) -> None:
    assert read_log(tmp_path / "none").requests == 0


def test_the_newest_requests_come_in_order_of_time_from_files_that_overlap(tmp_path: Path) -> None:
    _write(tmp_path / "20260101T000000-1.jsonl", [_answer(second) for second in (0, 1, 4, 6)])
    _write(tmp_path / "20260101T000002-2.jsonl", [_answer(2), _rejection(3), _answer(5), _answer(7)])
    window = read_log(tmp_path, newest=5)
    assert [one.id for one in window.predictions] == ["p4", "p5", "p6", "p7"]
    assert [one.id for one in window.rejections] == ["r3"]
    assert [one.id for one in read_log(tmp_path).predictions] == [
        f"p{second}" for second in (0, 1, 2, 4, 5, 6, 7)
    ]


def test_shadows_are_apart_and_do_not_count_as_requests(tmp_path: Path) -> None:
    shadows = [_answer(second, id=f"s{second}", arm="shadow", answered=f"p{second}") for second in range(10)]
    rows: list[Prediction | Rejection] = []
    for second in range(10):
        rows += [_answer(second), shadows[second]]
    _write(tmp_path / "20260101T000000-1.jsonl", rows)
    window = read_log(tmp_path, newest=3)
    assert [one.id for one in window.predictions] == ["p7", "p8", "p9"]
    assert [one.id for one in window.shadows] == ["s7", "s8", "s9"]
    assert len(read_log(tmp_path).shadows) == 10


def test_a_line_torn_by_a_crash_is_counted_and_all_before_it_are_kept(tmp_path: Path) -> None:
    _write(tmp_path / "20260101T000000-1.jsonl", [_answer(0), _answer(1)], tail=b'{"schema":"trunkline/pre')
    window = read_log(tmp_path, newest=10)
    assert (len(window.predictions), window.torn) == (2, 1)


@pytest.mark.parametrize(
    "damage",
    [b"\x00\x00\x00\n", b"[]\n", b'{"schema": "other/1"}\n', b'{"schema":"trunkline/prediction/1"}\n'],
)
def test_a_damaged_line_in_the_middle_is_counted_and_passed_over(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "20260101T000000-1.jsonl"
    _write(path, [_answer(0)], tail=damage)
    path.write_bytes(path.read_bytes() + orjson.dumps(_answer(1).to_dict()) + b"\n")
    window = read_log(tmp_path)
    assert (len(window.predictions), window.torn) == (2, 1)


def test_memory_follows_what_is_asked_for_not_the_log(tmp_path: Path) -> None:
    line = orjson.dumps(_answer(0, inputs={"text": "x" * 1000}).to_dict()) + b"\n"
    with (tmp_path / "20260101T000000-1.jsonl").open("wb") as stream:
        for _ in range(20_000):
            stream.write(line)
    tracemalloc.start()
    try:
        assert read_log(tmp_path, newest=100).requests == 100
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
    rows: list[Prediction | Rejection] = [_answer(second) for second in range(5)]
    path = tmp_path / "20260101T000000-1.jsonl"
    _write(path, rows)
    path.write_bytes(b"damaged\n" + path.read_bytes())
    assert (read_log(tmp_path, newest=2).torn, read_log(tmp_path).torn) == (0, 1)


def test_answers_of_one_moment_keep_the_order_in_which_they_were_written(tmp_path: Path) -> None:
    batch: list[Prediction | Rejection] = [_answer(0, id=f"p{index}") for index in range(10)]
    _write(tmp_path / "20260101T000000-1.jsonl", batch)
    assert [one.id for one in read_log(tmp_path).predictions] == [f"p{index}" for index in range(10)]
