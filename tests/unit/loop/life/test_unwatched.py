"""Whether anything looks at what should serve."""

from __future__ import annotations

import re

import click
import pytest

from trunkline.cli.main import cli
from trunkline.forge import Workflow
from trunkline.loop.life.unwatched import WAYS, Served, find

SERVES = Served(champions=("production", "staging"), challengers=("production",))


def watchers(*, state: str = "active", conclusion: str = "success") -> list[Workflow]:
    return [
        Workflow(file=file, state=state, conclusion=conclusion) for file in ("monitor.yml", "rollout.yml")
    ]


def test_every_command_of_the_ways_is_one_that_the_command_line_takes() -> None:
    said = " ".join(step for steps in WAYS.values() for step in steps)
    (words,) = (line.split() for line in re.findall(r"`trunkline ([^`]+)`", said))
    verb: click.Command = cli
    while isinstance(verb, click.Group):
        found = verb.get_command(click.Context(verb), words.pop(0))
        assert found
        verb = found
    assert verb.make_context("", words).params["scopes"] == ("log",)


def test_without_a_machine_nothing_looks_at_champion_and_challenger() -> None:
    assert find(watchers(), SERVES, "") == {
        "monitor.yml": ("production", "staging"),
        "rollout.yml": ("production",),
    }


def test_with_a_machine_something_does_whatever_was_skipped_before() -> None:
    assert find(watchers(conclusion="skipped"), SERVES, "production-machine") == {}


def test_where_nobody_knows_of_a_machine_what_was_skipped_tells() -> None:
    assert find(watchers(), SERVES, None) == {}
    assert set(find(watchers(conclusion="skipped"), SERVES, None)) == {"monitor.yml", "rollout.yml"}


def test_where_nothing_serves_nothing_needs_to_be_looked_at() -> None:
    assert find(watchers(), Served(), "") == {}
    assert set(find(watchers(), Served(champions=("production",)), "")) == {"monitor.yml"}


@pytest.mark.parametrize("runner", ["", None])
def test_a_schedule_that_a_person_switched_off_is_that_persons_choice(runner: str | None) -> None:
    assert find(watchers(state="disabled_manually", conclusion="skipped"), SERVES, runner) == {}
