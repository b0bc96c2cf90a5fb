"""Cut rows into train, validation and test."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from trunkline.core.contract import Contract, Role
from trunkline.core.errors import DataError, PolicyError
from trunkline.core.policy.data import Split
from trunkline.core.snapshots import Part
from trunkline.tasks import outcomes_of

from .rows import in_order, names_of

PARTS: tuple[Part, ...] = ("train", "validation", "test")
Parts = Mapping[Part, pd.DataFrame]


def split_rows(frame: pd.DataFrame, contract: Contract, split: Split) -> dict[Part, pd.DataFrame]:
    """Return the three parts of rows in the contract's types; `validation` and `test` are shares of all rows.

    The order of the rows does not matter. Rows with one key form a unit and stay in one part; without a key each row
    is a unit; in a grouped split the rows of one user are. Units are ranked by a hash of the seed and their key, and
    the lowest hashes make the test part: as data grow, nearly every old row stays where it was, so a champion is not
    judged on rows that it has learned.

    - *stratified*: the shares hold within each outcome class, or within ten quantile bins of a numeric outcome
      (fewer where a bin would have less than 20 units).
    - *random*: the shares hold over all units.
    - *grouped*: as stratified, by the outcome of a user's first row, and the shares hold as nearly as whole users
      allow; a row that names no user is a unit as without one.
    - *temporal*: the newest units are the test part, the newest of the rest validation; a unit is as old as its newest
      row, null is oldest, and the hash breaks ties.

    Parts of the first three come in hash order, which is as good as shuffled; temporal ones oldest first.
    Raises PolicyError for temporal without an event time and for grouped without a user column, DataError when a part
    would be empty.
    """
    rows = in_order(frame, contract)
    unit = _units(rows, contract, split)
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
    # A user may have many rows, so whole users are counted by their rows; every other unit counts once.
    units["weight"] = unit.value_counts().reindex(units.index) if split.method == "grouped" else 1
    part = pd.Series("train", index=units.index, dtype=object)
    for _, members in units.groupby("stratum", sort=True):
        weight = members["weight"][::-1]
        test = _fills(weight, split.test * weight.sum())
        rest = weight[~test]
        part[weight.index[test]] = "test"
        part[rest.index[_fills(rest, split.validation * weight.sum())]] = "validation"
    position = pd.Series(np.arange(len(units)), index=units.index)
    home, order = unit.map(part), unit.map(position).sort_values(kind="stable").index
    parts = {name: rows.loc[order[home[order] == name]].reset_index(drop=True) for name in PARTS}
    if empty := [name for name in PARTS if parts[name].empty]:
        raise DataError(
            f"{len(rows):,} rows with {len(units):,} {'users' if split.method == 'grouped' else 'keys'} are too few: "
            f"the part {' and '.join(empty)} has none.",
            next_step="take more rows (data.window), or change the shares in data.split",
        )
    return parts


def _units(rows: pd.DataFrame, contract: Contract, split: Split) -> pd.Series:
    names = names_of(rows, contract)
    if split.method != "grouped":
        return names
    user = contract.of_role(Role.USER)
    if user is None:
        raise PolicyError(
            f"data.split.method is grouped, and no column of the contract {contract.name} has the role 'user'.",
            next_step="say trunkline.field(role='user') of the column that names a row's user, or choose stratified",
        )
    users = rows[user.name]
    return ("user\x1f" + users.astype(object).map(repr)).where(users.notna(), names)


def _fills(weight: pd.Series, wanted: float) -> npt.NDArray[np.bool_]:
    """Return which of the first units fill a part: those that lie in it by more than half."""
    filled = weight.to_numpy("float64").cumsum() - weight.to_numpy("float64") / 2
    return filled <= wanted


def _hash(name: str, seed: int) -> str:
    return hashlib.blake2b(f"{seed}\x1f{name}".encode(), digest_size=16).hexdigest()


def _newest(rows: pd.DataFrame, unit: pd.Series, contract: Contract) -> pd.Series:
    time = contract.of_role(Role.TIME)
    if time is None:
        raise PolicyError(
            f"data.split.method is temporal, and no column of the contract {contract.name} has the role 'time'.",
            next_step="say trunkline.field(role='time') of the event time, or choose stratified or random",
        )
    # Rows come sorted by time with nulls first, so the last row of a unit is its newest.
    return rows[time.name].groupby(unit).last()


def _strata(rows: pd.DataFrame, unit: pd.Series, contract: Contract, split: Split) -> pd.Series:
    if split.method == "random":
        return pd.Series(0, index=unit.drop_duplicates())
    strata: pd.Series = outcomes_of(contract).strata(rows[contract.outcome.name], unit)
    return strata
