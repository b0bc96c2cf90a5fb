"""Halves: rows cut in two by chance that hangs on what they hold, so that their order does not matter."""

from __future__ import annotations

import numpy as np
import pandas as pd

from trunkline.core.contract import Contract, Role
from trunkline.measure.paired import Array


def halves(frame: pd.DataFrame, contract: Contract, seed: int) -> tuple[Array, Array]:
    """Return the positions of two halves, in an order of chance that hangs on what the rows hold and on the seed.

    The rows of a user stay together, where the contract names users; a row that names none stands for itself.
    """
    user = contract.of_role(Role.USER)
    rows = frame[[column.name for column in contract.columns if column.name in frame.columns]]
    rows = rows.reset_index(drop=True)
    content = pd.util.hash_pandas_object(rows, index=False)
    # Equal rows must not all fall on one side.
    content = content + content.groupby(content).cumcount().to_numpy().astype(np.uint64)
    if user is not None and user.name in rows.columns:
        content = pd.util.hash_pandas_object(rows[[user.name]], index=False).where(
            rows[user.name].notna(), content
        )
    mixed = _mixed(content.to_numpy(dtype=np.uint64) ^ np.uint64(seed))
    order = np.argsort(mixed, kind="stable")
    below = mixed[order] < np.uint64(1 << 63)
    return order[below], order[~below]


def _mixed(values: Array) -> Array:
    """Return 64 bits of chance for each number (Steele et al. 2014, SplitMix64)."""
    mixed = values + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))
