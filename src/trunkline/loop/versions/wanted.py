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
    """
    policy, main = project.policy.registry, on_main(project)
    versions = named_versions(project, commit=main)
    found = {}
    for state in _desired(project, main, now - timedelta(days=policy.keep_days)):
        for route in (state.champion, state.challenger):
            if route:
                found[route.bundle] = route.version
    kept = versions if policy.keep is None else versions[-policy.keep :]
    return found | {version.bundle: version.number for version in kept}


def _desired(project: Project, main: str, since: datetime) -> Iterator[DesiredState]:
    """Yield every state of an environment that main had since a time, the one of that time among them."""
    folder = project.deployment("any").parent.relative_to(project.root).as_posix()
    log = ("log", "--first-parent", "--format=%H")
    recent = git(project.root, *log, f"--since={since.isoformat()}", main, "--", f"./{folder}").split()
    before = git(project.root, *log, "-1", f"--before={since.isoformat()}", main, "--", f"./{folder}").split()
    for commit in [*recent, *before]:
        listed = git(project.root, "ls-tree", "--name-only", "-z", commit, "--", f"./{folder}/")
        for name in filter(None, listed.split("\0")):
            path = PurePosixPath(name)
            if path.suffix != ".yaml":
                continue
            try:
                text = git(project.root, "show", f"{commit}:./{name}")
                yield parse_state(text, environment=path.stem, origin=name)
            except PolicyError:  # an older version wrote it, or nobody could have deployed it
                continue
