"""Snapshots: the one that a commit is trained on, taken, locked, found again or lent."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from trunkline import data
from trunkline.core.errors import DataError, NotFoundError, StorageError, UnavailableError
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.core.record import digits, short

from .kept_rows import bring_rows

SNAPSHOTS = "TRUNKLINE_SNAPSHOTS"
"""The environment variable that names a folder of snapshots to copy from: those of the machine's production."""


def snapshot(project: Project, *, progress: Progress) -> data.Snapshot:
    """Take the snapshot that the policy asks for and lock it."""
    taken = data.take_snapshot(project, window=project.policy.data.window, progress=progress)
    data.write_lock(project, taken)
    return taken


def locked_snapshot(project: Project, *, progress: Progress) -> data.Snapshot:
    """Return the snapshot that `data.lock` names, taken again from the source when it is not on this machine.

    Raises DataError when the source no longer gives the rows that were locked.
    """
    lock = data.read_lock(project)
    here = project.snapshots / digits(lock.snapshot)
    lent = Path(os.environ.get(SNAPSHOTS) or here.parent) / here.name
    if not here.is_dir() and lent.is_dir():
        _borrow(lent, here)
    if here.is_dir():
        return data.open_snapshot(project, lock.snapshot)
    if lock.sources.get("traffic"):
        try:
            if bring_rows(project, lock.snapshot):
                return data.open_snapshot(project, lock.snapshot)
        except (StorageError, UnavailableError) as error:
            progress(f"the log's store does not give the locked rows: {error}")
        raise NotFoundError(
            f"The snapshot {short(lock.snapshot)} is not on this machine, and it holds answered traffic.",
            next_step=f"copy .trunkline/snapshots/{digits(lock.snapshot)} from the machine that made it; on GitHub,"
            " let them be read on main alone (data.rows: main), or push the change to a branch of your own: its pull"
            " request is judged on the machine that serves",
        )
    progress(f"snapshot {short(lock.snapshot)} is not on this machine: taking it from the source again")
    taken = data.take_snapshot(project, window=lock.window, progress=progress)
    if taken.digest != lock.snapshot:
        unsaid = "" if lock.split else ", or split or contract changed (this old lock does not record them)"
        raise DataError(
            f"data.lock names the snapshot {short(lock.snapshot)}, and what can be taken now is {short(taken.digest)}: "
            f"the source gives different rows{unsaid}.",
            next_step="trunkline snapshot, then commit data.lock; or copy .trunkline/snapshots/"
            f"{digits(lock.snapshot)} from a machine that has it",
        )
    return taken


def _borrow(lent: Path, here: Path) -> None:
    """Copy a snapshot whole or not at all: a run that is killed leaves nothing that looks like one."""
    here.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=here.parent, prefix=".borrowing-") as name:
        copy = Path(name) / here.name
        shutil.copytree(lent, copy)
        copy.rename(here)
