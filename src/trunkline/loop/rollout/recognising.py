"""Recognising: the program's own pull requests, by what their heads change of main and not by their names."""

from __future__ import annotations

import tempfile
from pathlib import Path

from trunkline.core.git import commit_in, git, git_bytes, try_git
from trunkline.core.project import Project
from trunkline.delivery import DesiredState, write_state
from trunkline.forge import Forge, PullRequest
from trunkline.forge.pushing import reach, ref
from trunkline.loop.changes.merged import fetch_main
from trunkline.loop.changes.publishing import bears


def own_pull(project: Project, forge: Forge, branch: str, wanted: DesiredState) -> PullRequest | None:
    """Return the open pull request of a branch that changes main into a desired state and does nothing else.

    Whoever may push can take the name first: what bears it and is something else does not merge itself any more.
    `head` of what is returned is the commit that was looked at.
    """
    own = None
    for pull in forge.pull_requests(state="open"):
        if pull.base == project.policy.forge.main and bears(pull, branch):
            if head := _head(project, pull.branch, wanted):
                own = own or pull.model_copy(update={"head": head})
            else:
                forge.hold(pull.number)
    return own


def _head(project: Project, branch: str, wanted: DesiredState) -> str:
    """Return the commit of a branch if it is one commit on main that writes the state; empty otherwise."""
    root = project.root
    main = fetch_main(root, project.policy.forge.main)
    head = commit_in(reach(root, "ls-remote", "origin", ref(branch)), ref(branch))
    if not head:
        return ""
    reach(root, "fetch", "--quiet", "--no-tags", "origin", ref(branch))
    added = try_git(root, "rev-list", "--parents", head, f"^{main}").stdout.split()
    if len(added) != 2:  # the one commit, and its one parent
        return ""
    path = project.deployment(wanted.environment)
    name = git(root, "rev-parse", "--show-prefix") + path.relative_to(root).as_posix()
    before = git(root, "rev-parse", "--verify", f"{main}:{name}")
    changed = git(root, "diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", added[1], head)
    fields, _, names = changed.partition("\0")
    mode, new_mode, old, new, status = fields.lstrip(":").split() if fields else [""] * 5
    # Main's file is still the one that was changed, so merging brings these very bytes.
    if (names.rstrip("\0"), new_mode, old, status) != (name, mode, before, "M"):
        return ""
    same = git_bytes(root, "cat-file", "blob", new) == _written(
        git_bytes(root, "cat-file", "blob", old), wanted
    )
    return head if same else ""


def _written(before: bytes, wanted: DesiredState) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{wanted.environment}.yaml"
        path.write_bytes(before)
        write_state(path, wanted)
        return path.read_bytes()
