from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from trunkline.core.errors import NotFoundError, StorageError
from trunkline.core.git import git
from trunkline.core.project import Project
from trunkline.core.snapshots import DataLock
from trunkline.data import check_snapshot, lock_of, open_snapshot, read_lock, take_snapshot, write_lock
from trunkline.data.lock import lock_at


@pytest.fixture
def repository(project: Project) -> Project:
    """The project as a Git repository with a first commit and no lock in it."""
    git(project.root, "init", "--quiet")
    commit(project)
    return project


def commit(project: Project) -> str:
    """Commit everything and return the commit."""
    git(project.root, "add", "--all", "--", ":!.trunkline")
    git(project.root, "commit", "--quiet", "--allow-empty", "--message", "A change")
    return git(project.root, "rev-parse", "HEAD")


def lock(project: Project) -> DataLock:
    """Take a snapshot and lock it."""
    return write_lock(project, take_snapshot(project))


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


def test_the_lock_pictures_every_column_but_the_key(project: Project, loans: pd.DataFrame) -> None:
    lock(project)
    columns = json.loads(project.data_lock.read_text(encoding="utf-8"))["columns"]
    kept = loans[loans["year"].between(2001, 2008)]
    assert list(columns) == [name for name in loans.columns if name != "loan"]
    assert columns["debts"]["quantiles"][2] == kept["debts"].median()
    assert columns["income"]["nulls"] == pytest.approx(kept["income"].isna().mean())
    assert columns["region"]["shares"]["north"] == pytest.approx((kept["region"] == "north").mean())


def test_the_same_snapshot_gives_the_same_lock(project: Project) -> None:
    lock(project)
    first = project.data_lock.read_bytes()
    lock(project)
    assert project.data_lock.read_bytes() == first


def test_the_lock_of_a_commit_is_the_one_committed_there(repository: Project, loans: pd.DataFrame) -> None:
    written = lock(repository)
    then = commit(repository)
    loans.assign(debts=0).to_csv(repository.root / "loans.csv", index=False)
    assert lock(repository).snapshot != written.snapshot
    commit(repository)
    assert lock_at(repository, then) == written
    assert lock_at(repository, then[:12]) == written
    assert lock_at(repository, then + "+dirty") == written


def test_a_project_in_a_folder_of_its_repository_has_a_lock_too(repository: Project) -> None:
    inner = Project(repository.root / "inner")
    inner.root.mkdir()
    for name in ("src", "trunkline.yaml", "loans.csv"):
        (repository.root / name).rename(inner.root / name)
    written = lock(inner)
    assert lock_at(inner, commit(inner)) == written
    assert lock_at(repository, git(inner.root, "rev-parse", "HEAD")) is None


@pytest.mark.parametrize("name", ["", "0" * 40, "HEAD", "--output=planted", "unknown"])
def test_a_commit_that_git_does_not_have_has_no_lock(repository: Project, name: str) -> None:
    lock(repository)
    commit(repository)
    assert lock_at(repository, name) is None
    assert not list(Path(repository.root).glob("planted*"))


def test_a_commit_before_the_first_lock_has_none(repository: Project) -> None:
    assert lock_at(repository, git(repository.root, "rev-parse", "HEAD")) is None


def test_without_git_there_is_no_lock_of_a_commit(project: Project) -> None:
    lock(project)
    assert lock_at(project, "0" * 40) is None


def test_what_is_committed_and_no_lock_is_refused(repository: Project) -> None:
    repository.data_lock.write_text("<<<<<<< HEAD\n")
    then = commit(repository)
    with pytest.raises(StorageError, match=rf"data\.lock of commit {then[:12]} is not JSON"):
        lock_at(repository, then)


def squashed(project: Project, loans: pd.DataFrame) -> tuple[DataLock, str]:
    """Lock on a branch, merge it squashed, prune the branch, lock other rows; return the first lock and its commit."""
    main = git(project.root, "rev-parse", "--abbrev-ref", "HEAD")
    git(project.root, "checkout", "--quiet", "-b", "change")
    written, then = lock(project), commit(project)
    git(project.root, "checkout", "--quiet", main)
    git(project.root, "merge", "--quiet", "--squash", "change")
    (project.root / "notes.md").write_text("Squashed.")
    commit(project)
    git(project.root, "branch", "--quiet", "-D", "change")
    git(project.root, "reflog", "expire", "--expire=now", "--all")
    git(project.root, "gc", "--quiet", "--prune=now")
    loans.assign(debts=0).to_csv(project.root / "loans.csv", index=False)
    assert lock(project).snapshot != written.snapshot
    commit(project)
    return written, then


def test_the_lock_of_a_commit_that_was_squashed_is_found_by_its_snapshot(
    repository: Project, loans: pd.DataFrame
) -> None:
    written, then = squashed(repository, loans)
    assert lock_at(repository, then) is None
    assert lock_of(repository, written.snapshot, then) == written
    assert lock_of(repository, "sha256:" + "0" * 64, then) is None


def test_the_lock_at_the_commit_itself_is_taken_only_if_it_names_the_snapshot(
    repository: Project, loans: pd.DataFrame
) -> None:
    written = lock(repository)
    commit(repository)
    loans.assign(debts=0).to_csv(repository.root / "loans.csv", index=False)
    lock(repository)
    later = commit(repository)
    assert lock_of(repository, written.snapshot, later) == written


def test_a_lock_with_a_picture_goes_before_one_without(repository: Project) -> None:
    written = lock(repository)
    repository.data_lock.write_text(
        json.dumps({name: value for name, value in written.to_dict().items() if name != "columns"})
    )
    then = commit(repository)
    assert lock_of(repository, written.snapshot, then) == written.model_copy(update={"columns": {}})
    repository.data_lock.unlink()
    commit(repository)
    lock(repository)
    commit(repository)
    assert lock_of(repository, written.snapshot, then) == written


def test_what_was_committed_with_a_conflict_in_it_is_passed_over(repository: Project) -> None:
    written = lock(repository)
    then = commit(repository)
    repository.data_lock.write_text(f"<<<<<<< {written.snapshot} {written.snapshot}\n")
    commit(repository)
    assert lock_of(repository, written.snapshot, "0" * 40) == written
    assert lock_of(repository, written.snapshot, then) == written


def test_a_lock_of_an_older_version_is_read_and_leaves_the_comparison_open(repository: Project) -> None:
    written = lock(repository)
    old = {name: value for name, value in written.to_dict().items() if name != "columns"}
    repository.data_lock.write_text(json.dumps(old))
    previous = lock_at(repository, commit(repository))
    assert previous is not None
    snapshot = open_snapshot(repository, previous.snapshot)
    policy = repository.policy
    verdicts = check_snapshot(snapshot, policy.data, policy.gates, previous=previous)
    assert {one.gate for one in verdicts if one.outcome == "inconclusive"} == {
        "data/new-categories", "data/jumps", "data/label-shift",
    }  # fmt: skip
    assert not [one for one in verdicts if one.stops]


def test_the_next_snapshot_is_compared_with_the_committed_lock(
    repository: Project, loans: pd.DataFrame
) -> None:
    lock(repository)
    previous = lock_at(repository, commit(repository))
    policy = repository.policy
    same = check_snapshot(take_snapshot(repository), policy.data, policy.gates, previous=previous)
    assert {one.outcome for one in same} == {"pass"}
    loans.assign(income=loans["income"] * 100).to_csv(repository.root / "loans.csv", index=False)
    jumped = check_snapshot(take_snapshot(repository), policy.data, policy.gates, previous=previous)
    assert [one.gate for one in jumped if one.outcome != "pass"] == ["data/jumps"]
