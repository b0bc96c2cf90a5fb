"""Changes that the program makes: beside the user's work, and after an interruption."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from trunkline.core.errors import ForgeError
from trunkline.core.project import Project
from trunkline.loop.changes.work_tree import PREFIX, change

Git = Callable[..., str]


def test_a_change_leaves_the_users_work_tree_alone(project: Project, git: Git) -> None:
    (project.root / "trunkline.yaml").write_text("name: being-edited\n", encoding="utf-8")
    with change(project, "bot/one") as made:
        (made.project.root / "note.txt").write_text("hello\n", encoding="utf-8")
        assert made.commit("A note")
        assert made.project.work == project.work
    assert git(project.root, "show", "bot/one:note.txt") == "hello"
    assert "main" in git(project.root, "branch", "--show-current")
    assert (project.root / "trunkline.yaml").read_text(encoding="utf-8") == "name: being-edited\n"
    assert len(git(project.root, "worktree", "list").splitlines()) == 1


def test_a_change_that_changes_nothing_commits_nothing(project: Project) -> None:
    with change(project, "bot/one") as made:
        assert not made.commit("Nothing")


def test_what_a_killed_change_left_behind_is_cleared(project: Project, git: Git, tmp_path: Path) -> None:
    left = tmp_path / f"{PREFIX}killed" / "tree"
    git(project.root, "worktree", "add", "--quiet", "-B", "bot/one", str(left), "main")
    (left / "half.txt").write_text("half\n", encoding="utf-8")
    with change(project, "bot/one") as made:
        assert not (made.project.root / "half.txt").exists()
    assert not left.exists()


def test_a_branch_that_the_user_has_checked_out_is_not_taken_away(project: Project, git: Git) -> None:
    git(project.root, "switch", "--quiet", "-c", "bot/one")
    with pytest.raises(ForgeError, match="The branch bot/one is checked out in"), change(project, "bot/one"):
        pass
    assert git(project.root, "branch", "--show-current") == "bot/one"


def test_a_project_may_lie_in_a_subfolder_of_its_repository(project: Project, git: Git) -> None:
    inner = project.root / "models/loans"
    inner.mkdir(parents=True)
    (inner / "trunkline.yaml").write_text("name: inner\npackage: inner\n", encoding="utf-8")
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", "A second project")
    git(project.root, "push", "--quiet", "origin", "main")
    with change(Project(inner), "bot/one") as made:
        assert made.project.policy.name == "inner"


def test_a_change_starts_at_main_and_at_no_tag_of_its_name(project: Project, git: Git) -> None:
    newest = git(project.root, "rev-parse", "HEAD").strip()
    git(project.root, "commit", "--quiet", "--allow-empty", "--message", "Never reviewed")
    git(project.root, "tag", "origin/main")
    git(project.root, "reset", "--quiet", "--hard", newest)
    with change(project, "bot/one") as made:
        assert git(made.project.root, "rev-parse", "HEAD").strip() == newest
