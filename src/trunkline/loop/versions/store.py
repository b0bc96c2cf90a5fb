"""Carrying: the embedded store travels with the repository, so that no server is needed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from trunkline.core.errors import UnavailableError
from trunkline.core.git import try_git
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.forge import LocalForge
from trunkline.forge.kind import forge_kind
from trunkline.registry import REF, GitStore

T = TypeVar("T")
ATTEMPTS = 5
_brought: set[Path] = set()
"""The stores that this process has brought already."""


class _Overtaken(UnavailableError):
    """Another run replaced the ref while this one acted."""


def carried(project: Project) -> bool:
    """Whether the project's store travels in the git ref: an embedded one, where the policy has it carried."""
    registry = project.policy.registry
    if registry.uri or os.environ.get("MLFLOW_TRACKING_URI"):
        return False
    if registry.carry == "auto":
        return _has_host(project)
    return registry.carry == "always"


def _has_host(project: Project) -> bool:
    """Whether the project's forge is on a host, and no folder that the store would have no need to travel to."""
    policy = project.policy.forge
    origin = try_git(project.root, "config", "remote.origin.url").stdout.strip()
    home = LocalForge(project.forge_folder, main=policy.main).origin
    own = bool(origin) and "://" not in origin and (project.root / origin).resolve() == home
    return forge_kind(policy, origin, os.environ, own=own) != "local"


def store_of(project: Project) -> GitStore:
    """Return the project's embedded store as it travels."""
    return GitStore(project.root, project.work, limit_mb=project.policy.registry.store_limit_mb)


def bring(project: Project, *, progress: Progress, needed: bool = True) -> None:
    """Bring the store that the ref carries, at most once a process; a store that does not travel is left alone.

    Where it is not `needed`, a remote that does not answer is said and passed over.
    """
    place = project.work.resolve()
    if not carried(project) or place in _brought:
        return
    store = store_of(project)
    try:
        with store.alone():
            store.pull()
    except UnavailableError as error:
        if needed:
            raise
        progress(f"going on with the store on this machine: {error.what}")
        return
    _brought.add(place)


def with_store(
    project: Project,
    act: Callable[[], T],
    *,
    progress: Progress,
    pause: Callable[[float], None] = time.sleep,
) -> T:
    """Return what `act` gives on the newest store, and carry the store back; act may be called more than once.

    When another run carried its store meanwhile, that one is brought and the act repeated. Raises UnavailableError
    when others were quicker five times in a row; what the act did is then carried by the next run.
    """
    if not carried(project):
        return act()
    from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

    store = store_of(project)

    def once() -> T:
        expected = store.pull()
        store.begin()
        try:
            result = act()
        except BaseException:
            store.settle()
            raise
        if store.push(expected=expected):
            return result
        progress(f"another run wrote {REF} meanwhile: bringing its store and repeating this on it")
        raise _Overtaken(
            f"Other runs kept writing {REF}: {ATTEMPTS} attempts were overtaken.",
            next_step="run the command again; nothing was lost, and nothing will be there twice",
        )

    repeated = Retrying(
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_random_exponential(multiplier=0.5, max=15),
        retry=retry_if_exception_type(_Overtaken),
        sleep=pause,
        reraise=True,
    )
    with store.alone():
        _brought.add(project.work.resolve())  # the act reads what was just brought
        return repeated(once)


def pull(project: Project, *, replace: bool = False) -> tuple[str, int]:
    """Bring the carried store and return its commit (empty where there is none) and how many versions are here.

    With `replace`, versions that only this machine has are given up.
    """
    store = store_of(project)
    with store.alone():
        commit = store.pull(replace=replace)
    return commit, len(store.versions())


def push(project: Project, *, replace: bool = False, progress: Progress) -> tuple[str, int]:
    """Carry the store on this machine and return the ref's commit and how many versions it has.

    With `replace` it takes the place of what the ref holds, whatever that is; what is lost is said first.
    """
    if not replace:
        with_store(project, lambda: None, progress=progress)
        store = store_of(project)
        return store.tip(), len(store.versions())
    store = store_of(project)
    with store.alone():
        before = store.tip()
        if lost := store.given_up(before):
            progress(f"given up in {REF}: {lost}")
        if not store.push(expected=before, replace=True):
            raise UnavailableError(
                f"Another run wrote {REF} meanwhile.",
                next_step="look with `trunkline store status`, then try again",
            )
    return store.tip(), len(store.versions())
