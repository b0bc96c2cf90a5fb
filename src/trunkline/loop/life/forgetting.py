"""Forgetting a user: what is logged of them, and which bundles learned from it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from trunkline.core.bundle import BundleManifest
from trunkline.core.contract import CONTRACT_FILE, Contract, Role
from trunkline.core.errors import DataError, StorageError
from trunkline.core.project import Project
from trunkline.core.record import digits
from trunkline.core.snapshots import SnapshotManifest
from trunkline.data.traffic import stable_integer
from trunkline.inputs import input_of
from trunkline.loop.rollout.assigned import require_log
from trunkline.loop.versions.named import numbers
from trunkline.predictions.database import any_row
from trunkline.predictions.opening import forget_user, open_log
from trunkline.predictions.pseudonym import LENGTH, VARIABLE, environment_secret, old_pseudonym, pseudonym

from .history import deployments


@dataclass(frozen=True)
class Trace:
    """What is known of one user in one environment."""

    names: tuple[str, ...]
    """Under which the log may know the user: by the environment's secret, and as earlier versions did."""
    answers: tuple[str, ...]
    """Ids of the answers that they were given."""
    snapshots: tuple[str, ...]
    """Digests of the snapshots on this machine that hold rows of those answers."""
    bundles: tuple[tuple[int, str], ...]
    """Versions (0 where main never named it) and digests of the bundles on this machine that learned from them."""


def look_for(project: Project, environment: str, user: str) -> Trace:
    """Return what is known of a user, by the key that requests carry.

    Raises DataError when the key is empty, StorageError when the log cannot be read.
    """
    if not user:
        raise DataError(
            "An empty key is no user.", next_step="give the value that requests carry in the user column"
        )
    require_log(project, environment)
    names = names_of(project, environment, user)
    answers = open_log(project, environment).answers_of(names)
    snapshots = tuple(_snapshots(project, names, answers)) if answers else ()
    return Trace(names, answers, snapshots, tuple(_bundles(project, snapshots)))


def forget(project: Project, environment: str, trace: Trace) -> tuple[str, ...]:
    """Take the user out of the environment's log and ground truth, and return the ids of the answers.

    Raises StorageError where the log can only be changed on the machine that serves.
    """
    return forget_user(project, environment, trace.names)


def names_of(project: Project, environment: str, user: str) -> tuple[str, ...]:
    """Return the names under which an environment's log may know a user.

    Raises StorageError where the log names users by a secret that is not on this machine.
    """
    path = project.secret(environment)
    by_secret = path.exists() or os.environ.get(VARIABLE)
    if not by_secret and open_log(project, environment).names_users(LENGTH):
        raise StorageError(
            f"The log of {environment} names users by a secret that is not on this machine.",
            next_step=f"run the same verb on the machine that serves, or set {VARIABLE} to its secret",
        )
    now = [pseudonym(environment_secret(path, os.environ), user)] if by_secret else []
    salts = {row.release.salt for row in deployments(project, environment) if row.release}
    return (*now, *(old_pseudonym(salt, user) for salt in sorted(salts)))


def _snapshots(project: Project, names: tuple[str, ...], answers: tuple[str, ...]) -> Iterator[str]:
    for folder in sorted(project.snapshots.glob("*")):
        try:
            manifest = SnapshotManifest.read(folder / "snapshot.json")
            contract = Contract.read(folder / CONTRACT_FILE)
        except StorageError:
            continue
        if not manifest.sources.get("traffic"):
            continue
        parts = sorted(folder.glob("*.parquet"))
        if _holds(parts, contract, Role.KEY, answers) or _holds(parts, contract, Role.USER, names):
            yield f"sha256:{folder.name}"


def _holds(parts: Sequence[Path], contract: Contract, role: Role, texts: Sequence[str]) -> bool:
    """Return whether rows of traffic have one of these, as the snapshot wrote them in the contract's type."""
    column = contract.of_role(role)
    if column is None or not parts:
        return False
    values = [stable_integer(text) for text in texts] if input_of(column).whole else texts
    return any_row(parts, column.name, values)


def _bundles(project: Project, snapshots: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    if not snapshots:
        return
    known = numbers(project)
    for path in sorted(project.bundles.root.glob("*/bundle.json")):
        try:
            manifest = BundleManifest.read(path)
        except StorageError:
            continue
        digest = f"sha256:{path.parent.name}"
        if f"sha256:{digits(manifest.lineage.snapshot)}" in snapshots:
            yield known.get(digest, 0), digest
