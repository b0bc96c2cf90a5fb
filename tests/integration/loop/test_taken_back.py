"""What people took back, by the history of main: no program proposes it again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from trunkline.core.project import Project
from trunkline.core.release import Route
from trunkline.delivery import next_state, read_state, state_before, write_state
from trunkline.loop.changes.taken_back import stage_taken_back, taken_back, version_taken_back

Git = Callable[..., str]
ONE, TWO, THREE = (Route(version=number, bundle=f"sha256:{str(number) * 64}") for number in (1, 2, 3))


@pytest.fixture
def desire(project: Project, git: Git) -> Callable[[str, Route], str]:
    """Let main desire a stage of a version, and return the commit."""

    def desired(stage: str, route: Route) -> str:
        path = project.deployment("production")
        write_state(path, next_state(read_state(path), stage, challenger=route, share=0.2))
        return push(project, git, f"{stage} {route.version}")

    return desired


def push(project: Project, git: Git, message: str) -> str:
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", message)
    git(project.root, "push", "--quiet", "origin", "main")
    return git(project.root, "rev-parse", "HEAD")


def revert(project: Project, git: Git) -> str:
    git(project.root, "revert", "--no-edit", "HEAD")
    git(project.root, "push", "--quiet", "origin", "main")
    return git(project.root, "rev-parse", "HEAD")


def test_a_version_whose_merge_was_reverted_was_taken_back(
    project: Project, git: Git, desire: Callable[[str, Route], str]
) -> None:
    desire("single", ONE)
    desire("single", TWO)
    assert version_taken_back(project, "production", TWO.bundle) is None
    commit = revert(project, git)

    found = version_taken_back(project, "production", TWO.bundle)
    assert found
    assert found.commit == commit
    assert version_taken_back(project, "production", ONE.bundle) is None


def test_a_version_that_another_replaced_was_not_taken_back(
    project: Project, desire: Callable[[str, Route], str]
) -> None:
    for route in (ONE, TWO, THREE):
        desire("single", route)

    assert taken_back(project, "production") == ()


def test_a_canary_that_went_back_was_taken_back_by_the_merge_of_its_way_back(
    project: Project, git: Git, desire: Callable[[str, Route], str]
) -> None:
    desire("single", ONE)
    desire("canary", TWO)
    path = project.deployment("production")
    write_state(path, state_before(read_state(path)))
    push(project, git, "Roll back")

    assert version_taken_back(project, "production", TWO.bundle)
    desire("single", THREE)
    assert version_taken_back(project, "production", TWO.bundle) is None


def test_a_stage_that_was_reverted_was_taken_back_and_the_one_before_was_not(
    project: Project, git: Git, desire: Callable[[str, Route], str]
) -> None:
    desire("single", ONE)
    desire("silent", TWO)
    desire("canary", TWO)
    canary = read_state(project.deployment("production"))
    assert stage_taken_back(project, canary) is None
    commit = revert(project, git)

    found = stage_taken_back(project, canary)
    assert found
    assert found.commit == commit
    assert stage_taken_back(project, read_state(project.deployment("production"))) is None


def test_what_a_person_proposed_again_is_no_longer_taken_back(
    project: Project, git: Git, desire: Callable[[str, Route], str]
) -> None:
    desire("single", ONE)
    desire("single", TWO)
    revert(project, git)
    desire("single", TWO)

    assert version_taken_back(project, "production", TWO.bundle) is None


def test_a_state_that_cannot_be_read_is_passed_over(
    project: Project, git: Git, desire: Callable[[str, Route], str]
) -> None:
    desire("single", ONE)
    path = project.deployment("production")
    text = path.read_text(encoding="utf-8")
    path.write_text("nonsense: [", encoding="utf-8")
    push(project, git, "Broken")
    path.write_text(text, encoding="utf-8")
    push(project, git, "Mended")

    assert taken_back(project, "production") == ()
