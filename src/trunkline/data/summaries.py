"""What the columns of a snapshot look like: small enough for `data.lock`, and enough to compare the next one with."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from trunkline.core.contract import Column, Contract, Role, as_label
from trunkline.core.snapshots import ColumnSummary, DataLock
from trunkline.inputs import input_of

LEVELS = (0.01, 0.25, 0.5, 0.75, 0.99)
Floats = npt.NDArray[np.float64]


def column_summaries(rows: pd.DataFrame, contract: Contract) -> dict[str, ColumnSummary]:
    """Return a summary of every column but keys, users, free texts and times; the outcome is among them.

    Numbers are rounded to 12 significant digits, so that machines agree on them.
    """
    return {column.name: summary_of(rows[column.name], column) for column in summarised(contract)}


def summarised(contract: Contract) -> tuple[Column, ...]:
    """Return the columns that have a summary."""
    return tuple(
        column
        for column in contract.columns
        if column.role not in (Role.KEY, Role.USER) and input_of(column).summarised
    )


def summary_of(values: pd.Series, column: Column) -> ColumnSummary:
    """Return the summary of one column."""
    nulls = _rounded(float(values.isna().mean())) if len(values) else 0.0
    if not input_of(column).quantity:
        return ColumnSummary(nulls=nulls, shares=shares_of(values))
    numbers = numbers_of(values)
    if not len(numbers):
        return ColumnSummary(nulls=nulls)
    return ColumnSummary(
        nulls=nulls,
        quantiles=tuple(_rounded(float(cut)) for cut in np.quantile(numbers, LEVELS)),
        mean=_rounded(float(numbers.mean())),
    )


def shares_of(values: pd.Series) -> dict[str, float]:
    """Return the share of each category among the rows that have one, in the order of their names."""
    counts = values.value_counts()
    # pandas hands out numpy's booleans for some types, which are no bool.
    names = [as_label(name if isinstance(name, str | int) else bool(name)) for name in counts.index.tolist()]
    shares = (counts / counts.sum()).tolist()
    return dict(sorted((name, _rounded(share)) for name, share in zip(names, shares, strict=True)))


def numbers_of(values: pd.Series) -> Floats:
    """Return the values of a numeric column that are not null, sorted."""
    return np.sort(values.dropna().to_numpy("float64"))


def rows_behind(lock: DataLock, name: str) -> int:
    """Return how many rows of a locked snapshot had a value in a column."""
    return round(sum(lock.rows.values()) * (1 - lock.columns[name].nulls))


def _rounded(value: float) -> float:
    return float(f"{value:.12g}")
