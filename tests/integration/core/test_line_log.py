"""A log outlives whoever was killed while writing it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from trunkline.core import line_log
from trunkline.core.errors import StorageError
from trunkline.predictions import GroundTruth


def told(name: str) -> GroundTruth:
    return GroundTruth(prediction=name, value="Yes", time=datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("block", [1, 7, 65_536])
@pytest.mark.parametrize("torn", ["", '{"predic', "x" * 50])
def test_a_line_that_was_never_written_whole_is_taken_away(
    tmp_path: Path, torn: str, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line_log, "BLOCK", block)
    path = tmp_path / "deep" / "log.jsonl"
    line_log.append(path, [told("a"), told("b")])
    with path.open("a", encoding="utf-8") as stream:
        stream.write(torn)
    line_log.append(path, [told("c")])
    assert [each.prediction for each in GroundTruth.read_lines(path)] == ["a", "b", "c"]


def test_a_file_of_one_unfinished_line_begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text("unfinished", encoding="utf-8")
    line_log.append(path, [told("a")])
    assert path.read_text(encoding="utf-8") == told("a").line()


def test_where_nothing_can_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StorageError, match="Cannot write"):
        line_log.append(tmp_path / "file" / "log.jsonl", [told("a")])


def test_only_its_owner_and_the_group_may_read_it(tmp_path: Path) -> None:
    line_log.append(tmp_path / "log.jsonl", [told("a")])
    assert (tmp_path / "log.jsonl").stat().st_mode & 0o027 == 0
