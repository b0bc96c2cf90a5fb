"""Terms: contract, split and window of a snapshot, and whether the project still says the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from trunkline.core.contract import CONTRACT_FILE, Column, Contract
from trunkline.core.errors import DataError, StorageError
from trunkline.core.policy.data import Split
from trunkline.core.project import LOCK_FILE, Project
from trunkline.core.record import canonical_json, digits, sha256
from trunkline.core.snapshots import DataLock, SnapshotManifest, Window

MANIFEST = "snapshot.json"


def contract_digest(contract: Contract) -> str:
    """Return the digest of what a contract says, in a form that newer versions of the toolkit keep."""
    return sha256(canonical_json(contract.model_dump(mode="json", exclude_defaults=True)))


def require_current(project: Project, contract: Contract) -> None:
    """Raise DataError when `data.lock` names a snapshot that was taken under other terms than the project's now.

    A lock that an older version wrote names neither contract nor split: then the snapshot does, where it is on this
    machine. Without a lock there is nothing to compare.
    """
    if not project.data_lock.is_file():
        return
    lock = DataLock.read(project.data_lock)
    policy = project.policy.data
    kept = _kept(project, lock)
    differences = [
        *_window(lock.window, policy.window),
        *_split(lock.split or (kept[0] if kept else {}), policy.split),
        *_contract(lock.contract, kept[1] if kept else None, contract),
    ]
    if not differences:
        return
    mend = "trunkline snapshot, then commit data.lock"
    if lock.sources.get("traffic"):
        mend += " (it takes the source's rows alone; `trunkline retrain` takes answered ones as well)"
    raise DataError(
        f"{LOCK_FILE} names a snapshot that was taken under other terms: {'; '.join(differences)}.",
        next_step=mend,
    )


def _kept(project: Project, lock: DataLock) -> tuple[dict[str, Any], Contract] | None:
    """Return split and contract of the locked snapshot; None where it is not on this machine, or damaged."""
    home = project.snapshots / digits(lock.snapshot)
    try:
        manifest = SnapshotManifest.read(home / MANIFEST)
        return manifest.split, Contract.read(home / CONTRACT_FILE)
    except StorageError:
        return None


def _window(locked: Window, now: Window) -> Iterator[str]:
    for end in ("first", "last"):
        then, wanted = getattr(locked, end), getattr(now, end)
        if then != wanted:
            yield f"data.window.{end} was {_said(then)} and is {_said(wanted)}"


def _split(locked: Mapping[str, Any], now: Split) -> Iterator[str]:
    for name, wanted in now.model_dump(mode="json").items():
        if name in locked and locked[name] != wanted:
            yield f"data.split.{name} was {locked[name]} and is {wanted}"


def _contract(locked: str, kept: Contract | None, now: Contract) -> Iterator[str]:
    then = locked or (contract_digest(kept) if kept else "")
    if not then or then == contract_digest(now):
        return
    changes = list(_changes(kept, now)) if kept and contract_digest(kept) == then else []
    yield "the contract changed" + (f" ({', '.join(changes)})" if changes else "")


def _changes(then: Contract, now: Contract) -> Iterator[str]:
    before: dict[str, Column] = {column.name: column for column in then.columns}
    after: dict[str, Column] = {column.name: column for column in now.columns}
    yield from (f"{name} is new" for name in after if name not in before)
    yield from (f"{name} is gone" for name in before if name not in after)
    yield from (f"{name} changed" for name in after if name in before and before[name] != after[name])


def _said(value: object) -> str:
    return "open" if value is None else str(value)
