"""Intervals in closed form."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray
from scipy import special

from trunkline.core.figures import Figure, Interval

LEVEL = 0.95
"""The confidence of a single interval, or of all intervals of one verdict together."""


def deviate(level: float) -> float:
    """Return how many standard errors a two-sided interval of this level spans to each side."""
    return NormalDist().inv_cdf(0.5 + level / 2)


def wilson(hits: float, rows: float, level: float = 0.95) -> Interval:
    """Return the score interval of a share (Wilson, JASA 22, 1927) at `level`; 0 to 1 where there are no rows.

    It stays within 0 and 1 and holds for rare hits.
    """
    if not rows:
        return Interval(low=0.0, high=1.0, level=level)
    z = deviate(level)
    share, shrink = hits / rows, 1 + z * z / rows
    middle = (share + z * z / (2 * rows)) / shrink
    half = z / shrink * math.sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows))
    return Interval(
        low=0.0 if not hits else max(0.0, middle - half),
        high=1.0 if hits == rows else min(1.0, middle + half),
        level=level,
    )


def score_interval(share: float, rows: float, level: float = LEVEL) -> Interval:
    """Return the score interval of a share (Wilson, JASA 22, 1927); 0 to 1 where there are no rows."""
    return wilson(share * rows, rows, level)


def distance_interval(now: float, rows: float, then: float, then_rows: float, level: float) -> Interval:
    """Return the interval of the distance of two independent shares, 0 where it reaches over both signs.

    Newcombe, Statistics in Medicine 17 (1998), method 10, of the difference; then its absolute value.
    """
    one, other = score_interval(now, rows, level), score_interval(then, then_rows, level)
    low = now - then - math.hypot(now - one.low, other.high - then)
    high = now - then + math.hypot(one.high - now, then - other.low)
    return Interval(low=max(low, -high, 0.0), high=max(-low, high), level=level)


def beyond(figures: Iterable[Figure], limit: float) -> tuple[list[Figure], list[Figure]]:
    """Return the figures whose whole interval lies above the limit, and those of which only the value does.

    Greatest value first. A figure without an interval is exact.
    """
    above = sorted((one for one in figures if one.value > limit), key=lambda one: -one.value)
    sure = [one for one in above if one.interval is None or one.interval.low > limit]
    return sure, [one for one in above if one not in sure]


def quantile_interval(values: Sequence[float] | NDArray[np.float64], q: float) -> tuple[float, Interval]:
    """Return a quantile with its distribution-free 95% interval from order statistics.

    Hahn & Meeker, Statistical Intervals (1991), section 5.2: binomial ranks around `q`. With too few values the
    upper end is the greatest value, and the true coverage above it is less than 95%.
    Raises ValueError when there are no values.
    """
    ordered = np.sort(np.asarray(values, dtype=float))
    rows = len(ordered)
    if not rows:
        raise ValueError("no values")
    below = special.bdtr(np.arange(rows + 1), rows, q)
    tail = (1 - LEVEL) / 2
    low = int(np.searchsorted(below, tail))
    high = int(np.searchsorted(below, 1 - tail)) + 1
    value = float(ordered[min(rows - 1, math.ceil(q * rows) - 1)])
    return value, Interval(
        low=float(ordered[max(0, low - 1)]), high=float(ordered[min(rows, high) - 1]), level=LEVEL
    )


def tail_above(hits: int, rows: int, share: float) -> float:
    """Return the probability of at least `hits` in `rows` when each comes with probability `share`."""
    return 1.0 if hits <= 0 else float(special.bdtrc(hits - 1, rows, share))
