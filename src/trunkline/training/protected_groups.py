"""The groups of a protected attribute, as a mitigation sees them: in the model frame's types, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from trunkline.core.contract import Column
from trunkline.core.errors import DataError

from .frames import feature, known

LEAST = 30
"""Rows that a group needs before a constraint is put on it; the audit's default asks for as many."""
MISSING = "missing"


def protected_groups(frame: pd.DataFrame, column: Column) -> np.ndarray:
    """Return each row's group by a column of the contract, feature or not: text of shape (n,).

    Raises DataError when the column is missing or a value cannot be read as its type.
    """
    if column.name not in frame.columns:
        raise DataError(f"The rows lack the protected attribute {column.name}.")
    return groups_of(feature(known(frame[column.name]), column), column.bands)


def groups_of(values: Any, bands: Sequence[float]) -> np.ndarray:
    """Return each row's group, from a column of the model frame; null is a group of its own.

    Numbers are cut at `bands`, in float32 as the model sees them; without bands each number is a group (booleans).
    """
    found = np.asarray(values)
    if found.dtype == object:
        return np.asarray(np.where(found == "", MISSING, found), dtype=object)
    numbers = found.astype(np.float32)
    names = np.empty(len(numbers), dtype=object)
    if bands:
        words = [f"under {bands[0]:g}"]
        words += [f"{low:g} to <{high:g}" for low, high in pairwise(bands)]
        words.append(f"{bands[-1]:g} and over")
        edges = np.asarray(bands, dtype=np.float32)
        names[:] = np.array(words, dtype=object)[np.digitize(np.nan_to_num(numbers), edges)]
    else:
        names[:] = [str(int(number)) if number.is_integer() else f"{number:g}" for number in numbers.tolist()]
    names[np.isnan(numbers)] = MISSING
    return names


def large_groups(groups: np.ndarray, positive: np.ndarray) -> list[str]:
    """Return the groups on which a constraint can be put: enough rows, and both outcomes among them.

    `positive` says of each row whether its outcome is the positive one. Raises ValueError for fewer than two groups.
    """
    large = []
    for group in sorted(set(groups)):
        outcomes = positive[groups == group]
        if len(outcomes) >= LEAST and 0 < outcomes.sum() < len(outcomes):
            large.append(str(group))
    if len(large) < 2:
        raise ValueError(
            f"a fairness constraint needs two groups with {LEAST} rows and both outcomes each, "
            f"and {len(large)} of {len(set(groups))} have them"
        )
    return large
