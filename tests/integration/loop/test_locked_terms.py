"""A lock that was taken under other terms than the project's now is found before anything is trained."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from trunkline.core.errors import DataError
from trunkline.core.project import Project
from trunkline.loop.model import snapshots
from trunkline.loop.model.checking import check_project
from trunkline.loop.model.training import train


def say(_: str) -> None:
    """Keep quiet."""


def as_older_versions_wrote(project: Project) -> None:
    """Take from the lock what older versions did not write."""
    lock = json.loads(project.data_lock.read_text())
    del lock["split"], lock["contract"]
    project.data_lock.write_text(json.dumps(lock))


@pytest.fixture
def locked(project: Project) -> Project:
    """A project whose data are locked."""
    snapshots.snapshot(project, progress=say)
    check_project(project)
    return project


def edited(project: Project, name: str, old: str, new: str) -> Project:
    """Return the project after a file of it was edited."""
    path = project.root / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return Project(project.root)


DATA = "data: {minimum_rows: 300}"
OTHER = [
    (DATA, "data: {minimum_rows: 300, split: {test: 0.4}}", "split.test was 0.25 and is 0.4"),
    (DATA, "data: {minimum_rows: 300, split: {seed: 8}}", "split.seed was 7 and is 8"),
    (DATA, "data: {minimum_rows: 300, split: {method: temporal}}", "split.method was stratified"),
    (DATA, "data: {minimum_rows: 300, window: {last: 9}}", "window.last was open and is 9"),
]


@pytest.mark.parametrize("old_lock", [False, True], ids=["lock of today", "older lock"])
@pytest.mark.parametrize(("old", "new", "said"), OTHER, ids=[said for _, _, said in OTHER])
def test_another_split_or_window_is_said_with_both_values(
    locked: Project, old: str, new: str, said: str, old_lock: bool
) -> None:
    if old_lock:
        as_older_versions_wrote(locked)
    with pytest.raises(DataError, match=said) as caught:
        train(edited(locked, "trunkline.yaml", old, new), progress=say)
    assert "trunkline snapshot" in caught.value.next_step


CONTRACTS = [
    ("    region:", "    age: int = pa.Field(ge=0)\n    region:", "age is new"),
    ("le=500", "le=400", "income changed"),
    ('    month: int = pa.Field(ge=0, metadata={"role": "time"})\n', "", "month is gone"),
]


@pytest.mark.parametrize("old_lock", [False, True], ids=["lock of today", "older lock"])
@pytest.mark.parametrize(("old", "new", "said"), CONTRACTS, ids=[said for _, _, said in CONTRACTS])
def test_another_contract_is_said_with_its_columns(
    locked: Project, old: str, new: str, said: str, old_lock: bool
) -> None:
    if old_lock:
        as_older_versions_wrote(locked)
    changed = edited(locked, "src/loans/contract.py", old, new)
    _forget(changed)
    with pytest.raises(DataError, match=said):
        check_project(changed)


def test_where_the_snapshot_is_elsewhere_the_lock_itself_says_it(locked: Project) -> None:
    shutil.rmtree(locked.snapshots)
    changed = edited(locked, "trunkline.yaml", *OTHER[0][:2])
    with pytest.raises(DataError, match=OTHER[0][2]):
        check_project(changed)


def test_a_snapshot_that_cannot_be_taken_again_under_an_old_lock_says_what_is_not_known(
    locked: Project,
) -> None:
    shutil.rmtree(locked.snapshots)
    as_older_versions_wrote(locked)
    changed = edited(locked, "trunkline.yaml", *OTHER[0][:2])
    with pytest.raises(DataError, match="old lock") as caught:
        train(changed, progress=say)
    assert "trunkline snapshot" in caught.value.next_step


def test_what_shapes_no_snapshot_may_change(locked: Project) -> None:
    check_project(edited(locked, "trunkline.yaml", DATA, "data: {minimum_rows: 200}"))
    as_older_versions_wrote(locked)
    check_project(Project(locked.root))
    Path(locked.data_lock).unlink()
    check_project(Project(locked.root))


def test_a_new_snapshot_mends_it(locked: Project) -> None:
    changed = edited(locked, "trunkline.yaml", *OTHER[0][:2])
    snapshots.snapshot(changed, progress=say)
    check_project(changed)


def _forget(project: Project) -> None:
    """Forget the modules of a project, as a new process does."""
    for name in [name for name in sys.modules if name.split(".")[0] == project.policy.package]:
        del sys.modules[name]
