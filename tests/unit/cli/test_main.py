"""The command line as a whole: its verbs, its help, its errors."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import click
import pytest

import trunkline
from trunkline.cli.main import ALSO, VERBS, WORKFLOW_VERBS, Verb, cli, run


@pytest.mark.parametrize(("name", "verb"), [*VERBS.items(), *WORKFLOW_VERBS.items()])
def test_a_verb_is_a_command_with_a_help_text(name: str, verb: Verb) -> None:
    command = getattr(importlib.import_module(f"trunkline.cli.{verb.module}"), name)
    assert isinstance(command, click.Command)
    assert command.name == name
    assert command.help


def test_the_help_explains_the_verbs_of_each_day_and_names_the_others(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(["--help"]) == 0
    listed, also = capsys.readouterr().out.split(f"{ALSO}:")
    for name, verb in VERBS.items():
        if verb.chapter == ALSO:
            assert re.search(rf"\b{name}\b", also)
        else:
            assert re.search(rf"^  {name} +{re.escape(verb.does[:30])}", listed, re.MULTILINE)
    assert not any(re.search(rf"^  {name} ", listed, re.MULTILINE) for name in WORKFLOW_VERBS)


def test_the_help_of_a_day_is_about_a_dozen_verbs() -> None:
    assert sum(verb.chapter != ALSO for verb in VERBS.values()) <= 15


def test_what_workflows_call_has_a_help_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ci", "--help"]) == 0
    shown = capsys.readouterr().out
    assert all(f"  {name} " in shown for name in WORKFLOW_VERBS)
    assert "ci" not in VERBS
    assert not set(VERBS) & set(WORKFLOW_VERBS)


def test_an_unknown_verb_ends_with_2_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["forecast"]) == 2
    assert "No such command 'forecast'" in capsys.readouterr().err


def test_a_missing_argument_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["trace"]) == 2
    assert "Missing argument 'PREDICTION'" in capsys.readouterr().err


def test_whatever_the_toolkit_tells_people_to_run_is_a_verb() -> None:
    source = Path(trunkline.__file__).parent
    told = {
        verb
        for path in source.rglob("*.py")
        for verb in re.findall(
            r'(?:[`"]|\bthen |/bin/)trunkline ((?:ci )?[a-z]+)', path.read_text(encoding="utf-8")
        )
    }
    assert len(told) > 5
    assert told <= set(VERBS) | {f"ci {name}" for name in WORKFLOW_VERBS} | {"ci"}


def test_verbs_are_listed_in_the_order_of_the_life_cycle() -> None:
    listed = cli.list_commands(click.Context(cli))
    assert listed.index("snapshot") < listed.index("train") < listed.index("release") < listed.index("deploy")
