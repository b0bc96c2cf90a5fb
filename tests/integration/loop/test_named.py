"""Numbers that main gave away: for ever, also when a person reverts the merge that named them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from trunkline.core.errors import ForgeError, NotFoundError
from trunkline.core.lineage import Usage, Version
from trunkline.core.project import Project
from trunkline.forge import open_forge
from trunkline.loop.rollout.promoting import propose_next_stage
from trunkline.loop.versions.named import asked_version, numbers, version_of
from trunkline.loop.versions.trained import Trained, name_version

Git = Callable[..., str]
ONE, TWO = (f"sha256:{digit * 64}" for digit in "12")
USAGE = Usage(
    seconds=1,
    cpu_seconds=1,
    peak_memory_mb=1,
    cores=1,
    energy_wh=1,
    energy_source="estimated",
    watts_per_core=1,
)


def say(_: str) -> None:
    """Keep quiet."""


@pytest.fixture
def reverted(project: Project, git: Git) -> Project:
    """A project whose main merged version 1 and went back from it."""
    git(project.root, "switch", "--quiet", "-c", "promotion")
    trained = Trained(key="sha256:" + "3" * 64, bundle=ONE, run="", usage=USAGE, reason="")
    name_version(project, Version(number=1, bundle=ONE), trained)
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", "Version 1")
    git(project.root, "switch", "--quiet", "main")
    git(project.root, "merge", "--quiet", "--no-ff", "--no-edit", "promotion")
    git(project.root, "revert", "--no-edit", "-m", "1", "HEAD")
    git(project.root, "push", "--quiet", "origin", "main")
    assert not project.cards.exists()
    return project


def test_a_reverted_version_keeps_its_number_and_another_model_takes_the_next(reverted: Project) -> None:
    assert version_of(reverted, ONE).number == 1
    assert version_of(reverted, TWO).number == 2
    assert numbers(reverted) == {ONE: 1}


def test_a_reverted_version_is_promoted_again_with_its_card(reverted: Project, git: Git) -> None:
    assert asked_version(reverted, 1).bundle == ONE
    with pytest.raises(NotFoundError, match="no version 2"):
        asked_version(reverted, 2)
    pull = propose_next_stage(reverted, "single", number=1, progress=say)
    open_forge(reverted).merge(pull.number)
    git(reverted.root, "pull", "--quiet", "origin", "main")
    assert ONE in (reverted.cards / "v0001/version.json").read_text(encoding="utf-8")


def test_a_clone_without_mains_history_gives_no_number(reverted: Project, git: Git, tmp_path: Path) -> None:
    origin = f"file://{reverted.forge_folder / 'origin.git'}"
    git(tmp_path, "clone", "--quiet", "--depth=1", origin, "there")
    with pytest.raises(ForgeError, match="history") as refused:
        version_of(Project(tmp_path / "there"), TWO)
    assert "--unshallow" in refused.value.next_step
