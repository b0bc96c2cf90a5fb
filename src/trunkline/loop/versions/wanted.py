"""Wanted: the bundles that main needs, and so the registry must hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import PurePosixPath

from trunkline.core.errors import PolicyError
from trunkline.core.git import git
from trunkline.core.project import Project
from trunkline.delivery import DesiredState, parse_state

from .named import named_versions, on_main


def wanted(project: Project, *, now: datetime) -> dict[str, int]:
    """Return the digests that main needs, with the version that each is.

    Those are the newest `registry.keep` versions, what main desires, and what it desired within `registry.keep_days`.
    Raises PolicyError when what main desires now cannot be read.
    """
    policy, main = project.policy.registry, on_main(project)
    versions = named_versions(project, commit=main)
    found: dict[str, int] = {}
    for state in _desired(project, main, now - timedelta(days=policy.keep_days)):
        found |= _routes(state)
    kept = versions if policy.keep is None else versions[-policy.keep :]
    return found | {version.bundle: version.number for version in kept}


def checked_out(project: Project) -> dict[str, int]:
    """Return the digests that the checked-out commit names or desires, with the version that each is.

    Raises PolicyError when one of its desired states cannot be read.
    """
    found = {version.bundle: version.number for version in named_versions(project)}
    for state in _states(project, "HEAD"):
        found |= _routes(state)
    return found


def _desired(project: Project, main: str, since: datetime) -> Iterator[DesiredState]:
    """Yield the states of main, and every one that it had since a time, the one of that time among them."""
    yield from _states(project, main)
    folder = _folder(project)
    log = ("log", "--first-parent", "--format=%H")
    recent = git(project.root, *log, f"--since={since.isoformat()}", main, "--", f"./{folder}").split()
    before = git(project.root, *log, "-1", f"--before={since.isoformat()}", main, "--", f"./{folder}").split()
    for commit in [*recent, *before]:
        yield from _states(project, commit, strict=False)


def _states(project: Project, commit: str, *, strict: bool = True) -> Iterator[DesiredState]:
    """Yield the state of each environment that a commit desires."""
    listed = git(project.root, "ls-tree", "--name-only", "-z", commit, "--", f"./{_folder(project)}/")
    for name in filter(None, listed.split("\0")):
        path = PurePosixPath(name)
        if path.suffix != ".yaml":
            continue
        try:
            state = parse_state(
                git(project.root, "show", f"{commit}:./{name}"), environment=path.stem, origin=name
            )
        except (
            PolicyError
        ):  # where it is not strict: an older version wrote it, or nobody could have deployed it
            if strict:
                raise
            continue
        yield state


def _routes(state: DesiredState) -> dict[str, int]:
    return {route.bundle: route.version for route in (state.champion, state.challenger) if route}


def _folder(project: Project) -> str:
    return project.deployment("any").parent.relative_to(project.root).as_posix()
