"""Cut rows into train, validation and test."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd

from trunkline.core.config import Split
from trunkline.core.contract import Contract, Role
from trunkline.core.errors import DataError, PolicyError
from trunkline.core.records import Part

from .rows import in_order, names_of

PARTS: tuple[Part, ...] = ("train", "validation", "test")
BINS = 10
BIN_ROWS = 20


def split_rows(frame: pd.DataFrame, contract: Contract, split: Split) -> dict[Part, pd.DataFrame]:
    """Return the three parts of rows in the contract's types; `validation` and `test` are shares of all rows.

    The order of the rows does not matter. Rows with one key form a unit and stay in one part; without a key each row
    is a unit. Units are ranked by a hash of the seed and their key, and the lowest hashes make the test part: as data
    grow, nearly every old row stays where it was, so a champion is not judged on rows that it has learned.

    - *stratified*: the shares hold within each outcome class, or within ten quantile bins of a numeric outcome
      (fewer where a bin would have less than 20 units).
    - *random*: the shares hold over all units.
    - *temporal*: the newest units are the test part, the newest of the rest validation; a unit is as old as its newest
      row, null is oldest, and the hash breaks ties.

    Parts of the first two come in hash order, which is as good as shuffled; temporal ones oldest first.
    Raises PolicyError for temporal without an event time, DataError when a part would be empty.
    """
    rows = in_order(frame, contract)
    unit = names_of(rows, contract)
    units = pd.DataFrame({"hash": [_hash(name, split.seed) for name in unit.drop_duplicates()]})
    units.index = pd.Index(unit.drop_duplicates())
    if split.method == "temporal":
        units["rank"] = _newest(rows, unit, contract).rank(method="dense").fillna(0).reindex(units.index)
        units["stratum"] = 0
    else:
        units["rank"] = 0
        units["stratum"] = _strata(rows, unit, contract, split).reindex(units.index)
    units = units.sort_values(["rank", "hash"], kind="stable")
    if split.method != "temporal":
        units = units.iloc[::-1]
    part = pd.Series("train", index=units.index, dtype=object)
    for _, members in units.groupby("stratum", sort=True):
        test = int(len(members) * split.test + 0.5)
        validation = int(len(members) * split.validation + 0.5)
        part[members.index[len(members) - test :]] = "test"
        part[members.index[len(members) - test - validation : len(members) - test]] = "validation"
    position = pd.Series(np.arange(len(units)), index=units.index)
    home, order = unit.map(part), unit.map(position).sort_values(kind="stable").index
    parts = {name: rows.loc[order[home[order] == name]].reset_index(drop=True) for name in PARTS}
    if empty := [name for name in PARTS if parts[name].empty]:
        raise DataError(
            f"{len(rows):,} rows with {len(units):,} keys are too few: the part {' and '.join(empty)} has none.",
            next_step="take more rows (data.window), or change the shares in data.split",
        )
    return parts


def _hash(name: str, seed: int) -> str:
    return hashlib.blake2b(f"{seed}\x1f{name}".encode(), digest_size=16).hexdigest()


def _newest(rows: pd.DataFrame, unit: pd.Series, contract: Contract) -> pd.Series:
    time = contract.of_role(Role.TIME)
    if time is None:
        raise PolicyError(
            f"data.split.method is temporal, and no column of the contract {contract.name} has the role 'time'.",
            next_step="give the event time metadata={'role': 'time'}, or choose stratified or random",
        )
    # Rows come sorted by time with nulls first, so the last row of a unit is its newest.
    return rows[time.name].groupby(unit).last()


def _strata(rows: pd.DataFrame, unit: pd.Series, contract: Contract, split: Split) -> pd.Series:
    outcome = rows[contract.outcome.name]
    if split.method == "random":
        return pd.Series(0, index=unit.drop_duplicates())
    if contract.task == "classification":
        return outcome.astype(str).groupby(unit).first()
    means = outcome.astype("float64").groupby(unit).mean()
    bins = max(1, min(BINS, len(means) // BIN_ROWS))
    edges = np.quantile(means, np.linspace(0, 1, bins + 1)[1:-1])
    return pd.Series(np.searchsorted(edges, means, side="right"), index=means.index)
