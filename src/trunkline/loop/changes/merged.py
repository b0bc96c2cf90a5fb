"""Merged: only what a pull request brought into the forge's main branch is released or deployed."""

from __future__ import annotations

from pathlib import Path

from trunkline.core.errors import ForgeError
from trunkline.core.git import git, try_git
from trunkline.core.project import Project
from trunkline.core.reading import read_text
from trunkline.delivery import DesiredState, parse_state
from trunkline.forge.pushing import ref


def require_clean(project: Project) -> None:
    """Raise ForgeError when the work tree has changes that are in no commit."""
    if left := git(project.root, "status", "--porcelain"):
        raise ForgeError(
            "The work tree has changes that are in no commit.",
            value=left.splitlines()[0].strip(),
            next_step="commit them, then run the same command again",
        )


def require_released(project: Project) -> None:
    """Raise ForgeError unless the work tree is clean and the forge's main would train what is checked out.

    Main may be further: a change of documentation or of the desired state must not hold up a release under way.
    """
    main = main_branch(project)
    shown = f"origin/{project.policy.forge.main}"
    require_clean(project)
    if _differs(project, main):
        raise ForgeError(
            f"{shown} has a newer change of the model than the commit that is checked out.",
            next_step=f"{_pull(project)}: the newest is what is released",
        )
    if _unmerged(project, main):
        raise ForgeError(
            f"The commit that is checked out, {git(project.root, 'rev-parse', 'HEAD')[:12]}, is not part of {shown}.",
            next_step=_proposal(project),
        )


def require_main(project: Project) -> None:
    """Raise ForgeError unless the work tree is clean and is the local main: a forge that is made begins with that."""
    require_clean(project)
    main = project.policy.forge.main
    branch = git(project.root, "rev-parse", "--abbrev-ref", "HEAD")
    if branch != main:
        raise ForgeError(
            f"The first release is of {main}, and {branch} is checked out.",
            next_step=f"git switch {main} && git merge {branch}, or git branch -m {main} where there is no {main} yet",
        )


def _unmerged(project: Project, main: str) -> bool:
    """Whether the forge's main lacks the checked-out commit."""
    return try_git(project.root, "merge-base", "--is-ancestor", "HEAD", main).returncode != 0


def _proposal(project: Project) -> str:
    """Return the commands that bring the checked-out commit into main: pulling alone never does."""
    branch = git(project.root, "rev-parse", "--abbrev-ref", "HEAD")
    commit = git(project.root, "rev-parse", "HEAD")
    aside = f"git switch -c change-{commit[:7]} && " if branch in (project.policy.forge.main, "HEAD") else ""
    return f"{aside}trunkline pr open; once it is merged: {_pull(project)}"


def _pull(project: Project) -> str:
    # With the names, it needs no upstream.
    main = project.policy.forge.main
    return f"git switch {main} && git pull origin {main}"


def overtaken(project: Project) -> bool:
    """Whether the forge's main would train something else than the commit that is checked out, which it contains."""
    return _differs(project, main_branch(project))


def _differs(project: Project, main: str) -> bool:
    if _unmerged(project, main):
        return False
    differ = try_git(project.root, "diff", "--quiet", "HEAD", main, "--", *project.model_inputs)
    return differ.returncode != 0


def superseded(project: Project, path: Path) -> bool:
    """Whether the forge's main, which contains the checked-out commit, has a newer form of a file."""
    newer = merged_text(project, path) != read_text(path)
    clean = not git(project.root, "status", "--porcelain", "--", str(path))
    inside = try_git(project.root, "merge-base", "--is-ancestor", "HEAD", main_branch(project))
    return newer and clean and inside.returncode == 0


def merged_text(project: Project, path: Path) -> str | None:
    """Return what the forge's main branch holds of a file, None where it has none."""
    shown = try_git(
        project.root, "show", f"{main_branch(project)}:./{path.relative_to(project.root).as_posix()}"
    )
    return None if shown.returncode else shown.stdout


def merged_state(project: Project, environment: str) -> DesiredState | None:
    """Return what the forge's main branch desires of an environment, None where it has no such file."""
    path = project.deployment(environment)
    text = merged_text(project, path)
    if text is None:
        return None
    origin = f"{path.relative_to(project.root).as_posix()} of {project.policy.forge.main}"
    return parse_state(text, environment=environment, origin=origin)


def require_merged_file(project: Project, path: Path) -> None:
    """Raise ForgeError unless a file of the work tree is what the forge's main branch holds."""
    if merged_text(project, path) != read_text(path):
        name = path.relative_to(project.root).as_posix()
        if git(project.root, "status", "--porcelain", "--", str(path)):
            step = f"git restore {name}, or commit it on a branch, then trunkline pr open"
        elif _unmerged(project, main_branch(project)):
            step = _proposal(project)
        else:
            step = _pull(project)
        raise ForgeError(f"{name} is not what origin/{project.policy.forge.main} holds.", next_step=step)


def has_origin(project: Project) -> bool:
    """Whether the repository names the remote that holds its forge's main."""
    return "origin" in git(project.root, "remote").split()


def main_branch(project: Project) -> str:
    """Return the full name of the forge's main branch as it is here, brought up to date."""
    if not has_origin(project):
        raise ForgeError("This repository has no forge yet.", next_step="trunkline forge")
    return fetch_main(project.root, project.policy.forge.main)


def fetch_main(root: Path, main: str) -> str:
    """Bring the remote's main branch up to date and return its full name.

    Git takes a tag `main` or `origin/main`, which no branch rule covers, for the branch where the name is not full.
    """
    here = f"refs/remotes/origin/{main}"
    git(root, "fetch", "--quiet", "--no-tags", "origin", f"+{ref(main)}:{here}")
    return here
