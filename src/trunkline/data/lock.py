"""The lock: which snapshot a commit trains on."""

from __future__ import annotations

from trunkline.core.errors import NotFoundError
from trunkline.core.project import Project
from trunkline.core.records import DataLock

from .snapshot import Snapshot


def write_lock(project: Project, snapshot: Snapshot) -> DataLock:
    """Write `data.lock` so that it names the snapshot, and return what it says."""
    manifest = snapshot.manifest
    lock = DataLock(
        snapshot=snapshot.digest, rows=manifest.rows, window=manifest.window, sources=manifest.sources
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
