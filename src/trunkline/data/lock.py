"""The lock: which snapshot a commit trains on, and what its columns looked like."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import pandas as pd

from trunkline.core.errors import NotFoundError, StorageError
from trunkline.core.git import try_git
from trunkline.core.project import LOCK_FILE, Project
from trunkline.core.reading import parse_json
from trunkline.core.snapshots import DataLock

from .snapshot import Snapshot
from .split import PARTS
from .summaries import column_summaries
from .terms import contract_digest

COMMIT = re.compile(r"[0-9a-f]{7,64}")


def write_lock(project: Project, snapshot: Snapshot, *, follows: Mapping[str, str] | None = None) -> DataLock:
    """Write `data.lock` so that it names the snapshot and pictures its columns, and return what it says.

    `follows` are the columns whose move a retraining follows.
    """
    manifest = snapshot.manifest
    rows = pd.concat([snapshot.parts[name] for name in PARTS], ignore_index=True)
    lock = DataLock(
        snapshot=snapshot.digest,
        rows=manifest.rows,
        window=manifest.window,
        sources=manifest.sources,
        follows=dict(follows or {}),
        columns=column_summaries(rows, snapshot.contract),
        split=manifest.split,
        contract=contract_digest(snapshot.contract),
    )
    lock.write(project.data_lock)
    return lock


def read_lock(project: Project) -> DataLock:
    """Return what `data.lock` says.

    Raises NotFoundError when there is none.
    """
    if not project.data_lock.is_file():
        raise NotFoundError(
            f"There is no {project.data_lock.name}: no snapshot was chosen to train on.",
            next_step="trunkline snapshot",
        )
    return DataLock.read(project.data_lock)


def lock_of(project: Project, snapshot: str, commit: str) -> DataLock | None:
    """Return the lock that named a snapshot: at `commit`, else at any commit of any ref; None when git has none.

    A squashed or rebased merge leaves the commit behind on which a model was trained, and keeps the lock. One that
    pictures its columns goes before one that an older version wrote.
    """
    named = [lock_at(project, commit)]
    if not any(lock and lock.snapshot == snapshot and lock.columns for lock in named):
        named += _in_history(project, snapshot)
    found = [lock for lock in named if lock is not None and lock.snapshot == snapshot]
    return max(found, key=lambda lock: bool(lock.columns), default=None)


def _in_history(project: Project, snapshot: str) -> Iterator[DataLock | None]:
    # What is in the file and not in its parents' came or went with that commit.
    logged = try_git(project.root, "log", "HEAD", "--format=%H", f"-S{snapshot}", "--", f"./{LOCK_FILE}")
    for commit in logged.stdout.split():
        try:
            yield lock_at(project, commit)
        except StorageError:
            continue


def lock_at(project: Project, commit: str) -> DataLock | None:
    """Return what `data.lock` said at a commit (`+dirty` behind it is ignored); None when git does not have it.

    Raises StorageError when what is committed there is no lock.
    """
    name = commit.removesuffix("+dirty")
    if not COMMIT.fullmatch(name):
        return None
    shown = try_git(project.root, "show", f"{name}:./{LOCK_FILE}")
    if shown.returncode:
        return None
    origin = f"{LOCK_FILE} of commit {name[:12]}"
    return DataLock.from_dict(parse_json(shown.stdout, origin=origin), origin=origin)
