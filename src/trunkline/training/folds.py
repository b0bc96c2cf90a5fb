"""Folds: the cuts on which settings are compared, cut as the snapshot itself is."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.model_selection import TimeSeriesSplit

from trunkline.core.contract import Contract, Role
from trunkline.tasks import judging_of

Cut = tuple[np.ndarray, np.ndarray]


def folds(
    development: pd.DataFrame,
    y: np.ndarray,
    contract: Contract,
    *,
    method: str,
    number: int,
    seed: int,
) -> list[Cut]:
    """Return `number` pairs of positions, to learn from and to score on, cut as `data.split.method` cuts the parts.

    *grouped* keeps the rows of a user in one fold (a row without one is its own), *temporal* scores on what came after
    what was learned (rows oldest first); the others shuffle, as the task has it.
    """
    rows = np.zeros((len(y), 1))
    judging = judging_of(contract)
    user = contract.of_role(Role.USER)
    if method == "temporal":
        return list(TimeSeriesSplit(n_splits=number).split(rows))
    if method == "grouped" and user is not None:
        groups = user_groups(development, contract)
        by_group = judging.folds(grouped=True)(number, shuffle=True, random_state=seed)
        return list(by_group.split(rows, y, groups))
    return list(judging.folds(grouped=False)(number, shuffle=True, random_state=seed).split(rows, y))


def user_groups(development: pd.DataFrame, contract: Contract) -> np.ndarray:
    """Return the name of each row's user, of shape (n,); a row without one is its own."""
    user = contract.of_role(Role.USER)
    if user is None:
        return np.arange(len(development)).astype(str)
    names = development[user.name]
    return np.where(names.isna(), [f"\0{place}" for place in range(len(names))], names.astype(str))
