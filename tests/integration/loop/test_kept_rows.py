"""Snapshots go to the log's store and come back by their digest, and nothing else comes with them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from trunkline.core.errors import StorageError
from trunkline.core.project import Project
from trunkline.loop.model.kept_rows import bring_rows, keep_rows

DIGEST = f"sha256:{'a' * 64}"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    root = tmp_path / "project"
    (root / "deployments").mkdir(parents=True)
    (root / "deployments" / "production.yaml").touch()
    (root / "trunkline.yaml").write_text(
        f"name: loans\npackage: loans\nserving:\n  log: {{store: 'file://{tmp_path}/store/{{environment}}'}}\n"
    )
    return Project(root)


def elsewhere(project: Project, tmp_path: Path) -> Project:
    """Return the project on a machine that made nothing."""
    return Project(project.root, tmp_path / "other")


def test_the_next_runner_has_the_rows_of_the_one_before(project: Project, tmp_path: Path) -> None:
    here = project.snapshots / ("a" * 64)
    here.mkdir(parents=True)
    (here / "test.parquet").write_bytes(b"rows")
    other = elsewhere(project, tmp_path)
    assert not bring_rows(other, DIGEST)
    for _ in range(2):
        keep_rows(project, DIGEST)
    assert bring_rows(other, DIGEST)
    assert (other.snapshots / ("a" * 64) / "test.parquet").read_bytes() == b"rows"
    assert [path.name for path in other.snapshots.iterdir()] == ["a" * 64]


@pytest.mark.parametrize("name", ["../evil", "/evil", "folder/evil", ""])
def test_a_file_that_would_lie_elsewhere_is_refused_and_nothing_is_left(
    project: Project, tmp_path: Path, name: str
) -> None:
    store = tmp_path / "store" / "production"
    store.mkdir(parents=True)
    with zipfile.ZipFile(store / f"{'a' * 64}.rows", "w") as archive:
        archive.writestr(name or "x", b"rows")
    if not name:
        (store / f"{'a' * 64}.rows").write_bytes(b"no archive")
    other = elsewhere(project, tmp_path)
    with pytest.raises(StorageError, match="is none"):
        bring_rows(other, DIGEST)
    assert [*other.snapshots.iterdir()] == []
    assert not [*tmp_path.rglob("evil")]
