"""The rules by which a branch of a work tree reaches a forge, whichever kind that is."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from trunkline.core.errors import ForgeError, UnavailableError
from trunkline.core.git import IDENTITY, git, try_git

_AWAY = re.compile(
    r"could not resolve host|unable to access|connection (refused|reset|timed out)|early eof|timed out", re.I
)
_UNKNOWN = re.compile(
    r"authentication failed|could not read (username|password)|permission .*denied|returned error: 40[13]",
    re.I,
)


def push_branch(work_tree: Path, branch: str, *, main: str, remote: str, tip: Callable[[str], str]) -> str:
    """Push a branch to `remote` and return its commit; `tip` tells the remote's commit of a branch, empty for none.

    The default branch only moves forward. Another one that was started afresh replaces its old self; ForgeError
    when that would lose commits that somebody else made, or when the work tree is merely behind.
    """
    commit = commit_of(work_tree, branch)
    if not commit:
        raise ForgeError(f"{work_tree} has no branch {branch}.", next_step=f"git branch {branch}")
    before = tip(branch)
    if before == commit:
        return commit
    lease: tuple[str, ...] = ()
    if branch != main:
        if before:
            _may_replace(work_tree, branch, commit, before, main=main, remote=remote, tip=tip)
        lease = (f"--force-with-lease={ref(branch)}:{before}",)
    reach(work_tree, "push", "--quiet", *lease, remote, f"{ref(branch)}:{ref(branch)}")
    return commit


def _may_replace(
    work_tree: Path,
    branch: str,
    commit: str,
    before: str,
    *,
    main: str,
    remote: str,
    tip: Callable[[str], str],
) -> None:
    reach(work_tree, "fetch", "--quiet", "--no-tags", remote, ref(branch), ref(main))
    lost = git(work_tree, "log", "--format=%ce", before, f"^{commit}", f"^{tip(main)}").splitlines()
    own = try_git(work_tree, "var", "GIT_COMMITTER_IDENT").stdout
    others = sorted({who for who in lost if f"<{who}>" not in own and who != IDENTITY["user.email"]})
    behind = try_git(work_tree, "merge-base", "--is-ancestor", commit, before).returncode == 0
    if behind or others:
        made = f" by {', '.join(others)}" if others else ""
        raise ForgeError(
            f"The forge's branch {branch} has commits{made} that yours lacks.",
            next_step=f"git pull --rebase origin {branch}, then push again",
        )


def reach(work_tree: Path, *words: str) -> str:
    """Run a git command that talks to a remote and return what it prints.

    Raises UnavailableError when the remote does not answer, ForgeError when it refuses; neither holds a password.
    """
    done = try_git(work_tree, *words)
    if not done.returncode:
        return done.stdout.rstrip("\n")
    said = without_password(" ".join((done.stderr or done.stdout).split()))
    what = f"git {words[0]} failed: {said}"
    if _UNKNOWN.search(said):
        raise ForgeError(
            what, next_step="set GITHUB_TOKEN to one with the permission contents: write, or use ssh"
        )
    if _AWAY.search(said):
        raise UnavailableError(what, next_step="try again when the server answers")
    raise ForgeError(what, next_step=f"run `git {words[0]}` in {work_tree} to see why")


def without_password(text: str) -> str:
    """Return a text in which addresses tell neither user nor password."""
    return re.sub(r"//[^/@\s]*@", "//", text)


def ref(branch: str) -> str:
    """Return the full name of a branch."""
    return f"refs/heads/{branch}"


def commit_of(folder: Path, branch: str) -> str:
    """Return the commit of a branch in the repository that `folder` lies in, empty when there is none."""
    return try_git(folder, "rev-parse", "--verify", "--quiet", ref(branch) + "^{commit}").stdout.strip()
