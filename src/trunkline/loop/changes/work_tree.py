"""A change that the program proposes: made on a branch of its own, in a work tree of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from trunkline.core.errors import ForgeError
from trunkline.core.git import git
from trunkline.core.lock import only_one
from trunkline.core.project import Project

from .merged import fetch_main

PREFIX = "trunkline-change-"


@dataclass(frozen=True)
class Change:
    """A work tree beside the user's, on a branch that starts at the forge's main.

    It shares the project's `.trunkline/`, so that bundles and snapshots made in it stay.
    """

    project: Project
    """The project in the work tree of the change."""
    origin: Project
    """The user's project."""
    branch: str

    def commit(self, message: str) -> bool:
        """Commit everything that differs; return whether anything did."""
        root = self.project.root
        git(root, "add", "--all")
        if not git(root, "status", "--porcelain"):
            return False
        git(root, "commit", "--quiet", "--message", message)
        return True


@contextmanager
def change(project: Project, branch: str) -> Iterator[Change]:
    """Yield a fresh change of the forge's main; the work tree is gone afterwards, the branch stays.

    A branch of the same name that an interrupted run left behind is started afresh.
    """
    root = project.root
    main = project.policy.forge.main
    slug = branch.replace("/", "-")
    with (
        only_one(project.work / "changes" / f"{slug}.lock", f"A change on {branch}"),
        tempfile.TemporaryDirectory(prefix=PREFIX) as folder,
    ):
        start = fetch_main(root, main)
        _clear(root, branch)
        tree = Path(folder) / "tree"
        git(root, "worktree", "add", "--quiet", "--force", "-B", branch, str(tree), start)
        try:
            inside = git(root, "rev-parse", "--show-prefix")
            yield Change(project=Project(tree / inside, store=project.work), origin=project, branch=branch)
        finally:
            git(root, "worktree", "remove", "--force", str(tree))


def _clear(root: Path, branch: str) -> None:
    """Remove the work trees that interrupted changes left on the branch; we hold its lock, so nobody uses them."""
    git(root, "worktree", "prune")
    for block in git(root, "worktree", "list", "--porcelain").split("\n\n"):
        lines = block.splitlines()
        if f"branch refs/heads/{branch}" not in lines:
            continue
        tree = lines[0].removeprefix("worktree ")
        if PREFIX not in tree:
            raise ForgeError(
                f"The branch {branch} is checked out in {tree}.",
                next_step="git switch main there, then try again",
            )
        git(root, "worktree", "remove", "--force", tree)
