"""The command line as a whole: its verbs, its help, its errors."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import click
import pytest

import trunkline
from trunkline.cli.main import VERBS, cli, run


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_is_a_command_with_a_help_text(verb: str) -> None:
    command = getattr(importlib.import_module(f"trunkline.cli.{VERBS[verb][0]}"), verb)
    assert isinstance(command, click.Command)
    assert command.name == verb
    assert command.help


def test_the_help_lists_every_verb_by_chapter(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    for verb, (_, text, chapter) in VERBS.items():
        assert f"{chapter}:" in shown
        assert f"  {verb}" in shown
        assert text.split(",")[0][:30] in shown


def test_an_unknown_verb_ends_with_2_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["promote"]) == 2
    assert "No such command 'promote'" in capsys.readouterr().err


def test_a_missing_argument_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["trace"]) == 2
    assert "Missing argument 'PREDICTION'" in capsys.readouterr().err


def test_whatever_the_toolkit_tells_people_to_run_is_a_verb() -> None:
    source = Path(trunkline.__file__).parent
    told = {
        verb
        for path in source.rglob("*.py")
        for verb in re.findall(r'(?:[`"]|\bthen |/bin/)trunkline ([a-z]+)', path.read_text(encoding="utf-8"))
    }
    assert len(told) > 5
    assert told <= set(VERBS)


def test_verbs_are_listed_in_the_order_of_the_life_cycle() -> None:
    listed = cli.list_commands(click.Context(cli))
    assert listed.index("snapshot") < listed.index("train") < listed.index("release") < listed.index("deploy")
