"""Whether anything looks at what should serve."""

from __future__ import annotations

import re
import shlex
from typing import Any

import click
import pytest
from ruamel.yaml import YAML

from trunkline.cli.main import cli
from trunkline.core.exposure import require_guarded
from trunkline.core.keys import KEY_OF
from trunkline.core.policy.delivery import Serving
from trunkline.delivery.targets.container import ContainerSettings
from trunkline.forge import Workflow
from trunkline.loop.life.unwatched import VARIABLES, WAYS, Served, find

SERVES = Served(champions=("production", "staging"), challengers=("production",))


def watchers(*, state: str = "active", conclusion: str = "success") -> list[Workflow]:
    return [
        Workflow(file=file, state=state, conclusion=conclusion) for file in ("monitor.yml", "rollout.yml")
    ]


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


SHOWN = {title: re.findall(r"`([^`]+)`", " ".join(steps)) for title, steps in WAYS.items()}
"""What each way shows to be typed or written."""


def settings_shown(title: str) -> dict[str, Any]:
    """Return the settings of all files that a way writes."""
    return {
        key: value
        for text in SHOWN[title]
        if ": {" in text
        for key, value in YAML(typ="safe").load(text).items()
    }


@pytest.mark.parametrize("title", WAYS)
def test_a_way_can_be_followed(title: str) -> None:
    assert len(WAYS[title]) == 5
    written = settings_shown(title)
    if "target" in written:
        named = written["target"] | {"host_key": "ssh-ed25519 AAAA"}
        target = ContainerSettings.model_validate(named)
        require_guarded(target.listen, target.access or Serving().access)
        assert target.host_key, "a workflow opens no machine that main does not know"
    if "serving" in written:
        Serving.model_validate(written["serving"])
    for text in SHOWN[title]:
        if text.startswith("trunkline "):
            command: click.Command = cli
            _, *words = shlex.split(text)
            while isinstance(command, click.Group):
                named = command.get_command(click.Context(command), words.pop(0))
                assert named, f"no such verb: {text}"
                command = named
            command.make_context(command.name, words)
    assert any(name in SHOWN[title] for name in VARIABLES), "one variable lets the schedules look"


def test_a_container_over_ssh_is_watched_over_ssh() -> None:
    title = next(title for title in WAYS if "container" in title)
    assert "serving" not in settings_shown(title)
    assert {KEY_OF["log"], "TRUNKLINE_SSH_STATUS_KEY", "TRUNKLINE_HOST"} <= {*SHOWN[title]}
