"""The last resort: what nobody foresaw is a short message and a report, and no traceback."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from trunkline.cli.main import run
from trunkline.core.errors import StorageError, UnforeseenError


@pytest.fixture
def reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that reports are written into."""
    folder = tmp_path / "reports"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def breaks(monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
    """Lets `trunkline schema` raise what it is given."""

    def plant(error: Exception) -> None:
        @click.command()
        def schema() -> None:
            raise error

        monkeypatch.setattr("trunkline.cli.model.schema", schema)

    return plant


def test_what_nobody_foresaw_is_a_short_message_with_a_report(
    breaks: Callable[[Exception], None], reports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    breaks(KeyError("a very\nstrange thing"))
    assert run(["schema"]) == UnforeseenError.exit_code
    said = capsys.readouterr().err
    (report,) = reports.iterdir()
    assert "Traceback" not in said
    assert str(report) in said
    assert len(said.splitlines()) == 3
    assert "Traceback" in report.read_text()
    assert "trunkline schema" in report.read_text()
    assert report.stat().st_mode & 0o077 == 0


def test_where_no_report_can_be_written_the_message_still_comes(
    breaks: Callable[[Exception], None], reports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reports.rmdir()
    breaks(KeyError("x"))
    assert run(["schema"]) == UnforeseenError.exit_code
    assert "no report could be written" in capsys.readouterr().err


def test_what_the_system_refuses_is_no_defect(
    breaks: Callable[[Exception], None], reports: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    breaks(PermissionError(13, "Permission denied", "/srv/locked"))
    assert run(["schema"]) == StorageError.exit_code
    assert "/srv/locked" in capsys.readouterr().err
    assert not list(reports.iterdir())
