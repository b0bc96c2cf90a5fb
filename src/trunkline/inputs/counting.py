"""Counting: values on the bins and categories that a reference fixed."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trunkline.core.contract import as_label
from trunkline.core.errors import DataError

from .profiles import UNSEEN_KEPT, CategoryProfile, Counts, NumberProfile

BINS = 10
"""Quantile bins of a numeric column: deciles, as is usual for the population stability index."""
INTEGERS = 20
"""An integer column that spans no more than this many values gets one bin a value."""
CATEGORIES = 50
"""The most frequent values that get a cell of their own."""
Floats = NDArray[np.float64]


def numbers(values: Sequence[object] | NDArray[Any], name: str) -> Floats:
    """Return values as float64 with NaN for null and for what is not finite; shape (n,).

    Raises DataError naming the column when a value is not a number.
    """
    try:
        out = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise DataError(f"The column {name} holds a value that is not a number: {error}.") from error
    return np.where(np.isfinite(out), out, np.nan)


def count_numbers(cells: NumberProfile, values: Floats) -> NumberProfile:
    """Return the profile of `values` on the bins of `cells`."""
    known = values[~np.isnan(values)]
    # One comparison an edge is several times faster than searching each value's bin.
    below = [int(np.count_nonzero(known < edge)) for edge in cells.edges]
    counts = np.diff([0, *below, len(known)])
    filled: dict[str, float] = {}
    if len(known):
        # numpy's sum adds in one order on every machine (its dot does not): the same rows give the same bytes.
        mean = float(known.sum()) / len(known)
        filled = {
            "mean": mean,
            "m2": float(((known - mean) ** 2).sum()),
            "minimum": float(known.min()),
            "maximum": float(known.max()),
        }
    return NumberProfile(
        edges=cells.edges, counts=tuple(counts.tolist()), nulls=len(values) - len(known), **filled
    )


def fill(like: Counts, values: Sequence[object], name: str) -> Counts:
    """Return the profile of `values` on the cells of `like`; `name` is the column's, for errors."""
    if isinstance(like, NumberProfile):
        return count_numbers(like, numbers(values, name))
    return count_categories(like, values)


def count_categories(cells: CategoryProfile, values: Iterable[object]) -> CategoryProfile:
    """Return the profile of `values` on the categories of `cells`."""
    found, nulls = _tally(values)
    rest = {value: found[value] for value in sorted(found.keys() - set(cells.values))}
    return CategoryProfile(
        values=cells.values,
        counts=tuple(found.get(value, 0) for value in cells.values),
        other=sum(rest.values()),
        nulls=nulls,
        unseen=dict(list(rest.items())[:UNSEEN_KEPT]),
    )


def bins(values: Floats, *, whole: bool) -> NumberProfile:
    """Return empty bins: one a value for narrow integers, else between the quantiles of the values.

    Edges lie midway between values that occur, never on one, so that a rounding error moves no row.
    """
    distinct, counts = np.unique(values[~np.isnan(values)], return_counts=True)
    if not len(distinct):
        return NumberProfile(edges=(), counts=(0,))
    low, high = float(distinct[0]), float(distinct[-1])
    if whole and high - low < INTEGERS:
        edges = np.arange(math.floor(low), math.ceil(high) + 2) - 0.5
    else:
        below = np.cumsum(counts)
        last = np.searchsorted(below, np.arange(1, BINS) * below[-1] / BINS)
        cuts = np.unique(last[last < len(distinct) - 1])
        slack = 0.5 if whole else 1e-6 * max(high - low, abs(low), abs(high), 1e-6)
        edges = np.array([low - slack, *(distinct[cuts] + distinct[cuts + 1]) / 2, high + slack])
    return NumberProfile(edges=tuple(edges.tolist()), counts=(0,) * (len(edges) + 1))


def cells(values: Iterable[object], declared: Sequence[str]) -> CategoryProfile:
    """Return empty cells for the most frequent values, those that are `declared` first and in that order."""
    found, _ = _tally(values)
    ranked = sorted(found, key=lambda value: (-found[value], value))[:CATEGORIES]
    order = {value: index for index, value in enumerate(declared)}
    kept = sorted(ranked, key=lambda value: (order.get(value, len(order)), value))
    return CategoryProfile(values=tuple(kept), counts=(0,) * len(kept))


def _tally(values: Iterable[object]) -> tuple[Counter[str], int]:
    """Return how often each value occurs, as text, and how many are null."""
    found: Counter[str] = Counter()
    nulls = 0
    for value, times in Counter(values).items():
        if is_null(value):
            nulls += times
        else:
            found[as_label(value.item() if isinstance(value, np.generic) else value)] += times
    return found, nulls


def is_null(value: object) -> bool:
    """Whether a value is None, NaN or another library's null."""
    if value is None:
        return True
    try:
        return bool(value != value)
    except TypeError:  # pandas' NA refuses to be compared
        return True
