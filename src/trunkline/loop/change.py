"""A change that the program proposes: made on a branch of its own, in a work tree of its own."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from trunkline.core.errors import ForgeError
from trunkline.core.project import Project

NEUTRAL_IDENTITY = {
    "GIT_AUTHOR_NAME": "Trunkline",
    "GIT_AUTHOR_EMAIL": "trunkline@localhost",
    "GIT_COMMITTER_NAME": "Trunkline",
    "GIT_COMMITTER_EMAIL": "trunkline@localhost",
}


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
    git(root, "fetch", "--quiet", "origin", main)
    with tempfile.TemporaryDirectory(prefix="trunkline-change-") as folder:
        tree = Path(folder) / "tree"
        git(root, "worktree", "prune")
        git(root, "worktree", "add", "--quiet", "--force", "-B", branch, str(tree), f"origin/{main}")
        try:
            yield Change(project=Project(tree, store=project.work), origin=project, branch=branch)
        finally:
            git(root, "worktree", "remove", "--force", str(tree))


def git(root: Path, *words: str) -> str:
    """Run git in `root` and return what it prints, stripped.

    Raises ForgeError with git's own words when it fails.
    """
    environment = dict(os.environ)
    identity = subprocess.run(
        ["git", "var", "GIT_COMMITTER_IDENT"], cwd=root, capture_output=True, check=False
    )
    if identity.returncode:
        environment |= NEUTRAL_IDENTITY
    done = subprocess.run(
        ["git", *words], cwd=root, capture_output=True, text=True, check=False, env=environment
    )
    if done.returncode:
        raise ForgeError(
            f"git {words[0]} failed: {(done.stderr or done.stdout).strip()}.",
            next_step=f"run `git {' '.join(words)}` in {root} to see why",
        )
    return done.stdout.strip()
