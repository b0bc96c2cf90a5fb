"""What people see of long work."""

from __future__ import annotations

import threading

import click
import pytest

from trunkline.cli import output, steps
from trunkline.cli.main import Verbs, run


def test_every_verb_that_takes_long_says_so_on_standard_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = threading.Event()
    shown: list[str] = []

    def show(line: str) -> None:
        shown.append(line)
        if line.startswith("asking the gates ("):
            seen.set()

    @click.command()
    def slow() -> None:
        output.progress("asking the gates")
        assert seen.wait(30)
        click.echo("done")

    monkeypatch.setattr(Verbs, "get_command", lambda *_: slow)
    monkeypatch.setattr(steps, "show", show)
    monkeypatch.setattr(steps, "SECONDS", 0.01)
    assert run(["train"]) == 0
    assert capsys.readouterr().out == "done\n"
    assert "asking the gates" in shown


def test_a_step_is_one_line_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    output.progress("asking the gates")
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.strip() == "· asking the gates"
