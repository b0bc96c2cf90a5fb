"""The git side of the stand-in: what a bare repository knows about branches, and merges made in it."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path


class Conflict(Exception):
    """The two sides cannot be merged by git alone."""


@dataclass(frozen=True)
class Repository:
    """A bare repository with git of its own: nothing of the code under test takes part."""

    path: Path

    def tip(self, branch: str) -> str:
        """Return the commit of a branch, empty when there is none."""
        return self._try("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}^{{commit}}").stdout.strip()

    def files(self, branch: str, folder: str) -> list[str]:
        """Return the names of the files in a folder (with a slash at its end) of a branch."""
        done = self._try("ls-tree", "--name-only", f"refs/heads/{branch}", folder)
        return [line.removeprefix(folder) for line in done.stdout.splitlines()]

    def text(self, branch: str, path: str) -> str:
        """Return what a file of a branch holds, empty when there is none."""
        return self._try("show", f"refs/heads/{branch}:{path}").stdout

    def has(self, commit: str) -> bool:
        """Whether a commit is there."""
        return self._try("cat-file", "-e", f"{commit}^{{commit}}").returncode == 0

    def ahead(self, base: str, head: str) -> int:
        """Return how many commits `head` has that `base` lacks."""
        return int(self._git("rev-list", "--count", f"{base}..{head}"))

    def contains(self, commit: str, head: str) -> bool:
        """Whether `commit` is `head` or one of its ancestors; unknown commits are not."""
        return self._try("merge-base", "--is-ancestor", commit, head).returncode == 0

    def brought(self, merge: str) -> set[str]:
        """Return the commits that a merge commit brought in, itself among them."""
        return set(self._git("rev-list", merge, f"^{merge}^1").split())

    def mergeable(self, base: str, head: str) -> bool:
        """Whether the two merge without a conflict."""
        return self._try("merge-tree", "--write-tree", base, head).returncode == 0

    def merge(self, branch: str, head: str, message: str) -> str:
        """Merge `head` into a branch and return the merge commit; raise Conflict when that cannot be."""
        old = self.tip(branch)
        done = self._try("merge-tree", "--write-tree", old, head)
        if done.returncode:
            raise Conflict
        tree = done.stdout.split()[0]
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as words:
            words.write(message)
            words.flush()
            commit = self._git("commit-tree", tree, "-p", old, "-p", head, "-F", words.name)
        self._git("update-ref", f"refs/heads/{branch}", commit, old)
        return commit

    def _git(self, *words: str) -> str:
        done = self._try(*words)
        done.check_returncode()
        return done.stdout.strip()

    def _try(self, *words: str) -> subprocess.CompletedProcess[str]:
        author = ["-c", "user.name=GitHub", "-c", "user.email=noreply@example.org"]
        words = ("git", *author, f"--git-dir={self.path}", *words)
        return subprocess.run(words, capture_output=True, text=True, check=False)
