"""Intervals of shares at any level, and which figures lie beyond a limit with their whole interval."""

from __future__ import annotations

import math
from collections.abc import Iterable
from statistics import NormalDist

from trunkline.core.figures import Figure, Interval
from trunkline.measure.intervals import wilson

LEVEL = 0.95
"""Of all intervals of one verdict together."""


def shared_level(questions: int) -> float:
    """Return the level of each of so many intervals that all hold together at 95 % (Bonferroni)."""
    return 1 - (1 - LEVEL) / max(1, questions)


def deviate(level: float) -> float:
    """Return how many standard errors a two-sided interval of this level spans to each side."""
    return NormalDist().inv_cdf(0.5 + level / 2)


def share_interval(share: float, rows: float, level: float = LEVEL) -> Interval:
    """Return the score interval of a share (Wilson, JASA 22, 1927); 0 to 1 where there are no rows."""
    return wilson(share * rows, rows, level)


def distance_interval(now: float, rows: float, then: float, then_rows: float, level: float) -> Interval:
    """Return the interval of the distance of two independent shares, 0 where it reaches over both signs.

    Newcombe, Statistics in Medicine 17 (1998), method 10, of the difference; then its absolute value.
    """
    one, other = share_interval(now, rows, level), share_interval(then, then_rows, level)
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
