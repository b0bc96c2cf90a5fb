"""The snapshot: an immutable, content-addressed data set with its split."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from trunkline.core.contract import CONTRACT_FILE, Contract, Role
from trunkline.core.errors import DataError, NotFoundError, StorageError, TrunklineError
from trunkline.core.policy.data import DataPolicy, Split
from trunkline.core.project import Project
from trunkline.core.record import digits, sha256, short
from trunkline.core.snapshots import Part, SnapshotManifest, Window
from trunkline.inputs import input_of
from trunkline.tasks import answer_rows

from .rows import content_digest, in_order, names_of, typed
from .schema import project_contract
from .sources import load_source, newest
from .split import PARTS, split_rows
from .terms import MANIFEST
from .text_times import require_times, text_times
from .traffic import load_traffic
from .window import in_window

ARROW = {
    "int64": pa.int64(),
    "float64": pa.float64(),
    "bool": pa.bool_(),
    "str": pa.string(),
}


@dataclass(frozen=True)
class Snapshot:
    """A data set whose rows were compared with their digests when it was opened."""

    digest: str
    manifest: SnapshotManifest
    folder: Path
    contract: Contract
    parts: Mapping[Part, pd.DataFrame] = field(repr=False, compare=False)

    def part(self, name: Part) -> pd.DataFrame:
        """Return the rows of a part, in the contract's types; changing the frame changes nothing here."""
        return self.parts[name].copy()

    def development(self) -> pd.DataFrame:
        """Return what a model may learn from, train, then validation: one row an answer."""
        rows = pd.concat([self.parts["train"], self.parts["validation"]], ignore_index=True)
        return answer_rows(rows, self.contract)

    def test(self) -> pd.DataFrame:
        """Return what a model is judged by: one row an answer."""
        return answer_rows(self.part("test"), self.contract)

    def rows_not_in(self, other: Snapshot) -> int:
        """Return how many rows another snapshot lacks, told apart by key, or by content where there is none."""
        known = set(names_of(pd.concat(other.parts.values(), ignore_index=True), self.contract))
        return sum(
            name not in known
            for name in names_of(pd.concat(self.parts.values(), ignore_index=True), self.contract)
        )


def take_snapshot(
    project: Project,
    *,
    window: Window | None = None,
    last: int | None = None,
    traffic: str = "",
    progress: Callable[[str], None] | None = None,
) -> Snapshot:
    """Return the snapshot of the project's rows, written into the project's snapshots unless it is there.

    `window` (default: the policy's) selects rows of the source. `traffic` names an environment whose answers with
    ground truth are added. `last` then keeps that many newest rows; on equal event times traffic is newer than the
    source, and a later answer newer than an earlier one. The same rows, window and split give the same digest, in
    whatever order the source has them (with `last` and no event time, the order of the source is the order of events).
    Raises DataError when rows break the contract, are too few, or have one outcome only, and when traffic holds
    another text where the source holds times.
    """
    say = progress or (lambda _: None)
    policy = project.policy.data
    window = policy.window if window is None else window
    contract = project_contract(project)
    say("loading the project's rows")
    source = in_window(load_source(project), contract, window)
    if not last or contract.of_role(Role.TIME):
        source = in_order(source, contract)
    for name in (unchecked := text_times(source, contract)):
        say(
            f"{name} is a time in every row and a text in contract.py: declare it as pd.Timestamp to have it checked"
        )
    rows = source
    if traffic:
        answered = load_traffic(project, traffic, contract, progress=progress)
        require_times(answered, unchecked, origin=f"the traffic of {traffic}")
        rows = pd.concat([source, answered], ignore_index=True)
    if last:
        rows = newest(rows, contract, last)
    from_traffic = int((rows.index >= len(source)).sum())
    rows = rows.reset_index(drop=True)
    check_enough(rows, contract, policy)
    say(f"cutting {len(rows):,} rows: {policy.split.method}")
    return store(
        split_rows(rows, contract, policy.split),
        contract,
        project.snapshots,
        split=policy.split,
        window=window,
        sources={"source": len(rows) - from_traffic, "traffic": from_traffic},
    )


def check_enough(rows: pd.DataFrame, contract: Contract, policy: DataPolicy) -> None:
    """Raise DataError when nothing can be learned from the rows: too few, or one outcome only."""
    if len(rows) < policy.minimum_rows:
        raise DataError(
            f"A snapshot needs {policy.minimum_rows:,} rows (data.minimum_rows), and there are {len(rows):,}.",
            next_step="bring more rows in load(), or widen data.window where the policy has one",
        )
    # Where answers are lists, what happened may be the same each time: what it happened to is not.
    learned = contract.of_role(Role.ITEM) or contract.outcome
    outcome = rows[learned.name]
    if outcome.nunique() < 2:
        raise DataError(
            f"All {len(rows):,} rows have the same {learned.role.value}: there is nothing to learn.",
            value={learned.name: outcome.tolist()[0]},
            next_step="look at the filter in load() and at data.window",
        )


def store(
    parts: Mapping[Part, pd.DataFrame],
    contract: Contract,
    root: Path,
    *,
    split: Split,
    window: Window,
    sources: dict[str, int],
) -> Snapshot:
    """Write a snapshot into `root`, whole or not at all, and return it; one that is there already is left alone.

    The digests in its manifest are of content, so they are the same whichever pyarrow wrote the files.
    """
    manifest = SnapshotManifest(
        files={CONTRACT_FILE: sha256(contract.canonical())}
        | {f"{name}.parquet": content_digest(parts[name], contract) for name in PARTS},
        rows={name: len(parts[name]) for name in PARTS},
        split=split.model_dump(mode="json"),
        window=window,
        sources=sources,
    )
    digest = sha256(manifest.canonical())
    home = root / digits(digest)
    try:
        return _open(home, digest)
    except TrunklineError:
        pass
    partial = home.with_name(f"{home.name}.{os.getpid()}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        for name in PARTS:
            _write_rows(parts[name], contract, partial / f"{name}.parquet")
        contract.write(partial / CONTRACT_FILE)
        manifest.write(partial / MANIFEST)
        shutil.rmtree(home, ignore_errors=True)
        partial.rename(home)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise StorageError(
            f"Cannot write the snapshot {home}: {error.strerror or error}.",
            next_step="make the folder writable, or free disk space",
        ) from error
    return _open(home, digest)


def open_snapshot(project: Project, digest: str) -> Snapshot:
    """Return a snapshot after its rows were compared with their digests.

    Raises NotFoundError when it is not on this machine, StorageError when it was changed.
    """
    home = project.snapshots / digits(digest)
    if not (home / MANIFEST).is_file():
        raise NotFoundError(
            f"The snapshot {short(digest)} is not on this machine.",
            next_step="trunkline snapshot (it takes the same one again where the source has the same rows)",
        )
    return _open(home, digest)


def _open(home: Path, digest: str) -> Snapshot:
    manifest = SnapshotManifest.read(home / MANIFEST)
    again = f"remove {home} and run trunkline snapshot"
    if (found := sha256(manifest.canonical())) != digest:
        raise StorageError(f"The snapshot in {home} is {short(found)}, not {short(digest)}.", next_step=again)
    contract = Contract.read(home / CONTRACT_FILE)
    parts: dict[Part, pd.DataFrame] = {}
    changed = [CONTRACT_FILE] if sha256(contract.canonical()) != manifest.files[CONTRACT_FILE] else []
    for name in PARTS:
        file = f"{name}.parquet"
        try:
            parts[name] = typed(pq.read_table(home / file, partitioning=None).to_pandas(), contract)
        except (OSError, ValueError, KeyError, TypeError, pa.ArrowException):
            changed.append(file)
            continue
        if content_digest(parts[name], contract) != manifest.files[file]:
            changed.append(file)
    if changed:
        raise StorageError(
            f"The snapshot {short(digest)} was changed after it was taken, or is damaged: {', '.join(changed)}.",
            next_step=again,
        )
    return Snapshot(digest=digest, manifest=manifest, folder=home, contract=contract, parts=parts)


def _write_rows(rows: pd.DataFrame, contract: Contract, path: Path) -> None:
    schema = pa.schema([pa.field(column.name, ARROW[input_of(column).stored]) for column in contract.columns])
    table = pa.Table.from_pandas(rows, schema=schema, preserve_index=False, safe=True)
    pq.write_table(table.replace_schema_metadata(None), path, compression="zstd")
