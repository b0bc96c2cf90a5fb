"""Drift is found once nobody is about to deploy what was merged, and its issue closes itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from trunkline.core.errors import ForgeError
from trunkline.core.project import Project
from trunkline.core.release import Route
from trunkline.delivery import next_state, read_state, write_state
from trunkline.forge import open_forge
from trunkline.loop.rollout.drifting import drift, look_for_drift, tell_drift

from .conftest import git, make_project


@pytest.fixture
def desired(tmp_path: Path) -> Project:
    """A project whose main desires a version that nothing serves."""
    project = make_project(tmp_path / "loans")
    path = project.deployment("production")
    route = Route(version=1, bundle="sha256:" + "1" * 64)
    write_state(path, next_state(read_state(path), "single", challenger=route))
    git(project.root, "commit", "--quiet", "--all", "--message", "Version 1")
    git(project.root, "push", "--quiet", "origin", "HEAD:main")
    return project


def test_what_was_merged_a_moment_ago_is_on_its_way(desired: Project) -> None:
    assert drift(desired, "production", datetime.now(UTC)) is None


def test_what_stays_different_is_one_issue_until_it_is_not(desired: Project) -> None:
    later = datetime.now(UTC) + timedelta(hours=2)
    found = drift(desired, "production", later)
    assert found is not None
    issues = [tell_drift(desired, "production", found) for _ in range(2)]
    assert issues[0] is not None
    assert issues[1] is not None
    assert issues[0].number == issues[1].number
    assert "start" in issues[0].body
    path = desired.deployment("production")
    git(desired.root, "revert", "--no-edit", "HEAD")
    git(desired.root, "push", "--quiet", "origin", "HEAD:main")
    assert read_state(path).strategy == "none"
    assert tell_drift(desired, "production", drift(desired, "production", later)) is None
    assert open_forge(desired).issues(state="open", fingerprint="production/drift") == ()


def test_a_machine_that_is_out_of_reach_neither_opens_nor_closes_the_issue(desired: Project) -> None:
    later = datetime.now(UTC) + timedelta(hours=2)
    assert look_for_drift(desired, "production", later).startswith("#")
    path = desired.deployment("production")
    text = path.read_text(encoding="utf-8")
    away = text.replace("{kind: local, port: 0}", "{kind: container, host: nobody@host.invalid, port: 8443}")
    assert away != text
    path.write_text(f"{away}image: ghcr.io/acme/loans@sha256:{'1' * 64}\n", encoding="utf-8")
    git(desired.root, "commit", "--quiet", "--all", "--message", "Elsewhere")
    git(desired.root, "push", "--quiet", "origin", "HEAD:main")
    assert look_for_drift(desired, "production", later).startswith("not known")
    assert len(open_forge(desired).issues(state="open", fingerprint="production/drift")) == 1


def test_a_desired_state_that_main_does_not_hold_is_an_error_and_not_unknown(desired: Project) -> None:
    path = desired.deployment("production")
    path.write_text(path.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    with pytest.raises(ForgeError):
        look_for_drift(desired, "production", datetime.now(UTC))
