from __future__ import annotations

import pytest

from trunkline.core.errors import NotFoundError, StorageError
from trunkline.core.project import Project
from trunkline.data import open_snapshot, read_lock, take_snapshot, write_lock


def test_the_lock_names_the_snapshot_that_it_was_written_for(project: Project) -> None:
    snapshot = take_snapshot(project)
    written = write_lock(project, snapshot)
    assert read_lock(project) == written
    assert open_snapshot(project, written.snapshot).manifest == snapshot.manifest
    assert (written.rows, written.sources) == (snapshot.manifest.rows, snapshot.manifest.sources)


def test_a_missing_lock_says_which_command_makes_one(project: Project) -> None:
    with pytest.raises(NotFoundError, match=r"no data\.lock.*trunkline snapshot"):
        read_lock(project)


def test_a_lock_with_a_conflict_in_it_is_refused(project: Project) -> None:
    project.data_lock.write_text("<<<<<<< HEAD\n")
    with pytest.raises(StorageError, match=r"data\.lock is not JSON"):
        read_lock(project)
