"""Which pull requests have their checks started for them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from trunkline.forge import PullRequest
from trunkline.loop.changes import publishing
from trunkline.loop.changes.work_tree import Change

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Told:
    """A forge that remembers in which order it was told what."""

    def __init__(self, *, runs: bool = True) -> None:
        self.runs = runs
        self.told: list[tuple[str, ...]] = []

    def push(self, work_tree: Path, branch: str) -> str:
        self.told.append(("push", branch))
        return "c" * 40

    def start(self, workflow: str, *, branch: str) -> bool:
        self.told.append(("start", workflow, branch))
        return self.runs

    def propose(self, *, branch: str, title: str, body: str, labels: tuple[str, ...]) -> PullRequest:
        self.told.append(("propose", branch))
        return PullRequest(
            number=7,
            title=title,
            body=body,
            created=NOW,
            branch=branch,
            base="main",
            state="open",
            labels=labels,
        )


def published(monkeypatch: pytest.MonkeyPatch, forge: Told, **environment: str) -> list[str]:
    """Publish a change in an environment, and return what is said."""
    for name in ("GITHUB_ACTIONS", "TRUNKLINE_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(publishing, "open_forge", lambda _: forge)
    said: list[str] = []
    made = SimpleNamespace(origin=None, project=SimpleNamespace(root=Path("tree")), branch="promote/x")
    publishing.publish(cast("Change", made), title="T", body="B", labels=(), progress=said.append)
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
