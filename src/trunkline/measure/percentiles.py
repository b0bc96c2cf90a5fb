"""Percentiles of a series, with an interval that assumes no distribution and no independence."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import binom

from trunkline.core.figures import Interval

from .paired import Array

BATCHES = 20
SMALLEST_BATCH = 10


@dataclass(frozen=True)
class Percentile:
    """A percentile of a series; `independent` is how many independent values the series is worth for it."""

    value: float
    interval: Interval | None
    rows: int
    independent: float


def percentile(values: Array, share: float, *, level: float = 0.95) -> Percentile:
    """Return the value that a `share` of a series (shape (n,), in order of time, n > 0) does not exceed.

    The ends are order statistics, whose ranks follow from the binomial distribution whatever the values' own is
    (Hahn and Meeker, Statistical Intervals, 1991, section 5.2). Values near in time resemble each other, so ranks are
    taken for the number of independent values that the series is worth. The interval is None where it has no lower
    end; an upper end that `rows_needed` says cannot be had is the largest value.
    """
    ordered = np.sort(values)
    rows = len(ordered)
    value = float(ordered[_place(rows * share, rows)])
    independent = rows / variance_inflation(values <= value)
    worth = max(1, math.floor(independent))
    tail = (1 - level) / 2
    low, high = binom.ppf([tail, 1 - tail], worth, share)
    if low < 1:
        return Percentile(value, None, rows, independent)
    interval = Interval(
        low=float(ordered[_place(math.floor(low / worth * rows), rows)]),
        high=float(ordered[_place((high + 1) / worth * rows, rows)]),
        level=round(level, 4),
    )
    return Percentile(value, interval, rows, independent)


def rows_needed(share: float, *, level: float = 0.95) -> int:
    """Return the least number of independent values that an upper end can be had from."""
    return math.ceil(math.log((1 - level) / 2) / math.log(share))


def variance_inflation(below: Array) -> float:
    """Return by how much dependence raises the variance of the mean of a series of booleans; at least 1.

    By batch means of the indicator: the variance between the means of consecutive batches over what it would be if the
    values were independent (Heidelberger and Lewis, Quantile Estimation in Dependent Sequences, Operations Research 32,
    1984). A series too short for five batches is taken as it is.
    """
    batches = min(BATCHES, len(below) // SMALLEST_BATCH)
    spread = float(np.var(below))
    if batches < 5 or spread == 0:
        return 1.0
    size = len(below) // batches
    means = below[len(below) - batches * size :].reshape(batches, size).mean(axis=1)
    return max(1.0, float(np.var(means, ddof=1)) * size / spread)


def _place(rank: float, rows: int) -> int:
    """Return the index of a rank that counts from 1."""
    return min(max(math.ceil(rank - 1e-9), 1), rows) - 1
