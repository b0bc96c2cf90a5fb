"""The bare git repository of the local forge: branches, and merges made without anyone's work tree."""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from trunkline.core.errors import ForgeError
from trunkline.core.git import IDENTITY, git, try_git

from .conflict import conflict
from .pushing import commit_of, push_branch, ref, without_password


@dataclass(frozen=True)
class Origin:
    """The bare repository at `path`, whose default branch is `main`."""

    path: Path
    main: str

    @property
    def exists(self) -> bool:
        """Whether the repository was made and has its default branch."""
        return (self.path / "HEAD").is_file() and bool(self.tip(self.main))

    def create(self, project_root: Path) -> None:
        """Make the repository from a project: its default branch is pushed, and the remote `origin` points here.

        Doing it again changes nothing. Raises ForgeError when the project has no commit on the default branch,
        or a remote `origin` of its own.
        """
        if not commit_of(project_root, self.main):
            raise ForgeError(
                f"{project_root} has no branch {self.main} with a commit.",
                next_step=f"commit there, and name the branch with `git branch -m {self.main}`",
            )
        self._point_origin_here(project_root)
        if not (self.path / "HEAD").is_file():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            git(project_root, "init", "--quiet", "--bare", f"--initial-branch={self.main}", str(self.path))
            # The other end of a push is a git of its own, which would run the hooks that its user keeps for everything.
            git(self.path, "config", "core.hooksPath", os.devnull)
        for key in IDENTITY:
            if own := try_git(project_root, "config", "--local", key).stdout.strip():
                git(self.path, "config", key, own)
        if not self.tip(self.main):
            git(project_root, "push", "--quiet", "--set-upstream", "origin", ref(self.main))

    def _point_origin_here(self, project_root: Path) -> None:
        present = try_git(project_root, "config", "--local", "remote.origin.url").stdout.strip()
        if not present:
            git(project_root, "remote", "add", "origin", str(self.path))
        elif Path(present).is_absolute() and not Path(present).exists():  # the project was moved
            git(project_root, "remote", "set-url", "origin", str(self.path))
        elif Path(present).resolve() != self.path.resolve():
            raise ForgeError(
                f"The remote origin of {project_root} points elsewhere.",
                value=without_password(present),
                next_step="rename it with `git remote rename origin upstream`, or set forge.path to its folder",
            )

    def tip(self, branch: str) -> str:
        """Return the commit of a branch, empty when there is no such branch."""
        return commit_of(self.path, branch)

    def require(self, branch: str) -> str:
        """Return the commit of a branch; raise ForgeError when there is none."""
        if not (commit := self.tip(branch)):
            raise ForgeError(
                f"The forge has no branch {branch}.", next_step=f"push it with `git push origin {branch}`"
            )
        return commit

    def receive(self, work_tree: Path, branch: str) -> str:
        """Take a branch over from a work tree and return its commit, as `push_branch` allows."""
        url = try_git(work_tree, "config", "remote.origin.url").stdout.strip()
        remote = "origin" if url and Path(url).resolve() == self.path.resolve() else str(self.path)
        return push_branch(work_tree, branch, main=self.main, remote=remote, tip=self.tip)

    def ahead(self, base: str, head: str) -> int:
        """Return how many commits `head` has that `base` lacks."""
        return int(git(self.path, "rev-list", "--count", f"{base}..{head}"))

    def changes(self, old: str, new: str) -> str:
        """Return the files that differ since the two commits parted, as `git diff --stat` shows them."""
        done = try_git(self.path, "diff", "--stat=100", f"{old}...{new}")
        return done.stdout.rstrip() if done.returncode == 0 else ""

    def merge_commit(self, base: str, head: str, subject: str) -> str:
        """Return the merge commit with this subject that brought `head` into `base`, empty when there is none."""
        shown = git(
            self.path, "log", "--first-parent", "--merges", "--format=%H%x00%P%x00%s", "-1000", ref(base)
        )
        for line in shown.splitlines():
            commit, parents, found = line.split("\0", 2)
            if found == subject and parents.split()[1:] == [head]:
                return commit
        return ""

    def merge(self, base: str, head: str, subject: str, body: str) -> str:
        """Merge the commit `head` into the branch `base` with a merge commit, and return that commit.

        Raises ForgeError naming the files on a conflict, and when `base` moved meanwhile.
        """
        old = self.require(base)
        git(self.path, "worktree", "prune")
        with tempfile.TemporaryDirectory(prefix="trunkline-merge-") as folder:
            tree = Path(folder) / "tree"
            git(self.path, "worktree", "add", "--quiet", "--detach", str(tree), old)
            try:
                words = ("merge", "--no-ff", "--no-verify", "--no-gpg-sign", "-m", subject)
                done = try_git(tree, *words, *(("-m", body) if body else ()), head)
                if done.returncode:
                    raise _refusal(tree, base, done)
                merged = git(tree, "rev-parse", "HEAD")
            finally:
                git(self.path, "worktree", "remove", "--force", str(tree))
        # The old value makes it a compare-and-swap: whoever pushed meanwhile is not overwritten.
        if try_git(self.path, "update-ref", "-m", subject, ref(base), merged, old).returncode:
            raise ForgeError(
                f"The branch {base} moved while the merge was made.",
                next_step="merge again; nothing was changed",
            )
        return merged


def _refusal(tree: Path, base: str, done: subprocess.CompletedProcess[str]) -> ForgeError:
    files = git(tree, "diff", "--name-only", "--diff-filter=U").splitlines()
    if not files:
        return ForgeError(f"git merge failed: {' '.join((done.stderr or done.stdout).split())}")
    return conflict(base, files)
