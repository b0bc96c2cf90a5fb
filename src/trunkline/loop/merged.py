"""Merged: only what a pull request brought into the forge's main branch is released or deployed."""

from __future__ import annotations

from pathlib import Path

from trunkline.core.errors import ForgeError
from trunkline.core.git import git, try_git
from trunkline.core.project import Project


def require_clean(project: Project) -> None:
    """Raise ForgeError when the work tree has changes that are in no commit."""
    if left := git(project.root, "status", "--porcelain"):
        raise ForgeError(
            "The work tree has changes that are in no commit.",
            value=left.splitlines()[0].strip(),
            next_step="commit them on a branch and merge its pull request, or `git stash` them",
        )


def require_merged(project: Project) -> None:
    """Raise ForgeError unless the work tree is clean and stands where the forge's main branch does."""
    main = _main(project)
    require_clean(project)
    here, there = git(project.root, "rev-parse", "HEAD"), git(project.root, "rev-parse", main)
    if here != there:
        raise ForgeError(
            f"The commit that is checked out, {here[:12]}, is not the newest of {main}, {there[:12]}.",
            next_step=f"git switch {project.policy.forge.main} && git pull; a change needs a pull request",
        )


def require_merged_file(project: Project, path: Path) -> None:
    """Raise ForgeError unless a file of the work tree is what the forge's main branch holds."""
    main = _main(project)
    name = path.relative_to(project.root).as_posix()
    merged = try_git(project.root, "show", f"{main}:./{name}")
    if merged.returncode or merged.stdout != path.read_text(encoding="utf-8"):
        raise ForgeError(
            f"{name} is not what {main} holds.",
            next_step="git pull; a change of your own reaches production by a merged pull request",
        )


def _main(project: Project) -> str:
    """Return the name of the forge's main branch, brought up to date."""
    main = project.policy.forge.main
    if "origin" not in git(project.root, "remote").split():
        raise ForgeError("This repository has no forge yet.", next_step="trunkline forge")
    git(project.root, "fetch", "--quiet", "origin", main)
    return f"origin/{main}"
