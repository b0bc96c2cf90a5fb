"""What a verb hands to the workflow that called it: one line a value, whatever the value holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from trunkline.cli import output


@pytest.fixture
def outputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file that a runner names."""
    path = tmp_path / "output"
    monkeypatch.setenv("GITHUB_OUTPUT", str(path))
    return path


def test_values_are_handed_on_one_a_line_and_the_last_holds(outputs: Path) -> None:
    output.hand_on("propose", "false")
    output.hand_on("version", 3)
    output.hand_on("propose", "true")
    assert outputs.read_text(encoding="utf-8").splitlines() == ["propose=false", "version=3", "propose=true"]


@pytest.mark.parametrize(
    "value",
    ["a\npropose=true", "a\r\npropose=true", "a\rpropose=true", "a\u2028propose=true", "a\x0bpropose=true"],
)
def test_a_value_cannot_bring_a_second_output(outputs: Path, value: str) -> None:
    output.hand_on("name", value)
    assert outputs.read_text(encoding="utf-8").splitlines() == ["name=a propose=true"]


def test_a_value_cannot_begin_one_of_many_lines(outputs: Path) -> None:
    output.hand_on("name", "<<END\npropose=true\nEND")
    assert outputs.read_text(encoding="utf-8") == "name=<<END propose=true END\n"


def test_outside_a_workflow_nothing_is_handed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    output.hand_on("name", "value")
    output.summarise("# Text")
    assert list(tmp_path.iterdir()) == []
    assert capsys.readouterr().out == ""


def test_why_there_was_nothing_to_do_is_said_here_and_on_the_runs_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "summary"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    output.summarise("# Before\n\n\n")
    output.skipped("There is no data.lock yet.")
    assert capsys.readouterr().out == "skipped:       There is no data.lock yet.\n"
    assert page.read_text(encoding="utf-8") == "# Before\n\n**Skipped.** There is no data.lock yet.\n\n"
