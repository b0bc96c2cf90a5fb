"""Rows in the log's store: snapshots that hold answers of production, which no source gives again, by their digest."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path

from trunkline.core.errors import StorageError
from trunkline.core.project import Project
from trunkline.core.record import digits, short
from trunkline.predictions.stores import LogStore
from trunkline.predictions.stores.protocol import ROWS
from trunkline.predictions.whereabouts import store_of

LARGEST = 4 * 2**30
"""Bytes that a snapshot may have on the disk."""


def keep_rows(project: Project, digest: str) -> None:
    """Put a snapshot into the store, where other machines find it; nothing where there is no store to write to.

    Raises StorageError or UnavailableError when it cannot be put there.
    """
    store = _store(project)
    if store is None or not store.writable or _has(store, digest):
        return
    with tempfile.TemporaryDirectory(prefix="trunkline-") as folder:
        packed = Path(folder) / "rows.zip"
        with zipfile.ZipFile(packed, "w") as archive:
            for path in sorted((project.snapshots / digits(digest)).iterdir()):
                archive.write(path, path.name)
        store.put(_name(digest), packed)


def bring_rows(project: Project, digest: str) -> bool:
    """Bring a snapshot from the store unless it is here, and return whether it is here now.

    Who opens it compares every row with the digest. Raises StorageError or UnavailableError when the store cannot be
    read, or holds something else under its name.
    """
    here = project.snapshots / digits(digest)
    if here.is_dir():
        return True
    store = _store(project)
    if store is None or not _has(store, digest):
        return False
    here.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=here.parent, prefix=".bringing-") as folder:
        packed, whole = Path(folder) / "rows.zip", Path(folder) / here.name
        store.get(_name(digest), packed)
        try:
            with zipfile.ZipFile(packed) as archive:
                found = archive.infolist()
                if any(Path(one.filename).name != one.filename for one in found):
                    raise _strange(digest)
                if sum(one.file_size for one in found) > LARGEST:
                    raise _strange(digest)
                archive.extractall(whole)
        except zipfile.BadZipFile as error:
            raise _strange(digest) from error
        whole.rename(here)
    return True


def _store(project: Project) -> LogStore | None:
    return store_of(project, project.policy.rollout.environment)


def _has(store: LogStore, digest: str) -> bool:
    return any(each.name == _name(digest) for each in store.files())


def _name(digest: str) -> str:
    return f"{digits(digest)}{ROWS}"


def _strange(digest: str) -> StorageError:
    return StorageError(
        f"What the log's store holds as the snapshot {short(digest)} is none.",
        next_step=f"delete {_name(digest)} there, and let retrain.yml make it again",
    )
