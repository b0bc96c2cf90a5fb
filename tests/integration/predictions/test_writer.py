"""The prediction log on a real disk."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from trunkline.core.errors import StorageError
from trunkline.predictions import Rejection
from trunkline.predictions.writer import LogWriter


def rejection(name: str) -> Rejection:
    return Rejection(id=name, time=datetime.now(UTC), environment="e", problems=({"field": "é\n"},))


@pytest.mark.parametrize("sync", [False, True])
def test_lines_are_whole_on_disk_when_append_returns(tmp_path: Path, sync: bool) -> None:
    log = LogWriter(tmp_path / "new" / "folder", sync=sync)
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
