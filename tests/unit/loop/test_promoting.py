"""What a promotion's pull request tells its reader."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from trunkline.core.records import Route, Version
from trunkline.delivery import DesiredState, LocalSettings, next_state
from trunkline.loop import promoting
from trunkline.loop.change import Change
from trunkline.loop.promoting import describe_stage, phrase

ONE = Route(version=1, bundle="sha256:" + "1" * 64)
TWO = Route(version=2, bundle="sha256:" + "2" * 64)
VERSION = Version(number=2, bundle=TWO.bundle, created=datetime(2026, 1, 1, tzinfo=UTC))
EMPTY = DesiredState(environment="production", target=LocalSettings(port=8080))
SERVED = next_state(EMPTY, "single", challenger=ONE)


def test_a_silent_stage_says_that_nothing_is_returned() -> None:
    text = describe_stage(next_state(SERVED, "silent", challenger=TWO), "silent", VERSION, "")
    assert "Version 1 goes on answering; version 2 sees every request" in text
    assert "never returned" in text


def test_a_canary_says_how_many_users_and_that_they_stay() -> None:
    state = next_state(SERVED, "canary", challenger=TWO, share=0.2)
    assert phrase("canary", state) == "as canary for 20% of users"
    text = describe_stage(state, "canary", VERSION, "")
    assert "20% of users get version 2, always the same ones; the others stay with version 1." in text


def test_every_stage_says_how_to_go_back() -> None:
    state = next_state(SERVED, "single", challenger=TWO)
    assert "Reverting the merge goes back." in describe_stage(state, "single", VERSION, "")


def test_evidence_stands_at_the_end() -> None:
    state = next_state(SERVED, "single", challenger=TWO)
    assert describe_stage(state, "single", VERSION, "## Report").endswith("\n## Report")


class Told:
    """A forge that remembers in which order it was told what."""

    def __init__(self, *, runs: bool = True) -> None:
        self.runs = runs
        self.told: list[tuple[str, ...]] = []

    def push(self, work_tree: Path, branch: str) -> None:
        self.told.append(("push", branch))

    def start(self, workflow: str, *, branch: str) -> bool:
        self.told.append(("start", workflow, branch))
        return self.runs

    def propose(self, *, branch: str, title: str, body: str, labels: tuple[str, ...]) -> SimpleNamespace:
        self.told.append(("propose", branch))
        return SimpleNamespace(number=7)


def published(monkeypatch: pytest.MonkeyPatch, forge: Told, **environment: str) -> list[str]:
    """Publish a change in an environment, and return what is said."""
    for name in ("GITHUB_ACTIONS", "TRUNKLINE_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(promoting, "open_forge", lambda _: forge)
    said: list[str] = []
    made = SimpleNamespace(origin=None, project=SimpleNamespace(root=Path("tree")), branch="promote/x")
    promoting.publish(cast("Change", made), title="T", body="B", labels=(), progress=said.append)
    return said


@pytest.mark.parametrize("token", [{}, {"TRUNKLINE_TOKEN": ""}, {"TRUNKLINE_TOKEN": "workflow"}])
def test_a_workflows_own_token_starts_the_checks_before_the_pull_request_is_there(
    monkeypatch: pytest.MonkeyPatch, token: dict[str, str]
) -> None:
    forge = Told()
    said = published(monkeypatch, forge, GITHUB_ACTIONS="true", **token)
    assert forge.told == [("push", "promote/x"), ("start", "ci.yml", "promote/x"), ("propose", "promote/x")]
    assert said == ["ci.yml is started on promote/x", "pull request #7: T"]


@pytest.mark.parametrize(
    "environment",
    [{}, {"GITHUB_ACTIONS": "false"}, {"GITHUB_ACTIONS": "true", "TRUNKLINE_TOKEN": "app"}],
    ids=["a laptop", "no workflow", "an app's token"],
)
def test_a_pull_request_that_starts_its_checks_by_itself_gets_no_second_run(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]
) -> None:
    forge = Told()
    assert published(monkeypatch, forge, **environment) == ["pull request #7: T"]
    assert forge.told == [("push", "promote/x"), ("propose", "promote/x")]


def test_a_forge_without_workflows_is_not_said_to_have_started_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert published(monkeypatch, Told(runs=False), GITHUB_ACTIONS="true") == ["pull request #7: T"]
