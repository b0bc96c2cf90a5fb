"""Simultaneous intervals: how far apart groups truly are, whichever two of them happen to look farthest apart.

The difference of the greatest and the least of many values is drawn outwards by chance, the more so the more groups
there are. So all pairs of groups are compared, each at a level that holds for all of them at once (Bonferroni; Hsu
1996, Multiple Comparisons, chapter 5), and the greatest true difference lies between the greatest lower and the
greatest upper end. Nothing is resampled: small groups get score intervals, which hold where no row or every row hits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm
from scipy.stats import t as student

from trunkline.core.figures import Interval

from .multiplicity import shared_level
from .paired import Array
from .users import Users, error_of_mean, number_of


@dataclass(frozen=True)
class Estimates:
    """A value of each group with the ends of its own interval, all of shape (groups,)."""

    values: Array
    lows: Array
    highs: Array

    def less_from(self, whole: Array) -> Estimates:
        """Return `whole` (shape (groups,), known without error) less these values."""
        return Estimates(whole - self.values, whole - self.highs, whole - self.lows)


@dataclass(frozen=True)
class Extreme:
    """The greatest difference or the least ratio of any two groups, with its simultaneous interval."""

    value: float
    interval: Interval


def level_for(*families: int) -> float:
    """Return the level of one pair at which all pairs hold together; a family is a number of groups compared."""
    return shared_level(sum(groups * (groups - 1) // 2 for groups in families))


def shares(hits: Array, rows: Array, level: float) -> Estimates:
    """Return the share of hits in each group of rows, with its score interval (Wilson 1927)."""
    z = norm.ppf((1 + level) / 2)
    share, shrink = hits / rows, 1 + z**2 / rows
    middle = (share + z**2 / (2 * rows)) / shrink
    half = z / shrink * np.sqrt(share * (1 - share) / rows + z**2 / (4 * rows**2))
    lows = np.where(hits == 0, 0.0, np.maximum(0.0, middle - half))
    highs = np.where(hits == rows, 1.0, np.minimum(1.0, middle + half))
    return Estimates(share, lows, highs)


def means(samples: Sequence[Array], level: float, users: Sequence[Users] | None = None) -> Estimates:
    """Return the mean of each group's sample (two rows at least), with Student's interval.

    `users` are those of each sample where they repeat; a mean of one user's rows has no bounds.
    """
    values = np.array([sample.mean() for sample in samples])
    if users is not None:
        reach = [
            student.ppf((1 + level) / 2, max(1, number_of(who) - 1)) * error_of_mean(sample, who)
            for sample, who in zip(samples, users, strict=True)
        ]
        return Estimates(values, values - reach, values + reach)
    half = np.array(
        [
            student.ppf((1 + level) / 2, len(sample) - 1) * sample.std(ddof=1) / np.sqrt(len(sample))
            for sample in samples
        ]
    )
    return Estimates(values, values - half, values + half)


def mean_interval(values: Array, users: Users | None, level: float) -> Interval | None:
    """Return Student's interval of one mean as `means` has it, None where it has no bounds."""
    ends = means([values], level, None if users is None else [users])
    low, high = float(ends.lows[0]), float(ends.highs[0])
    return Interval(low=low, high=high) if np.isfinite([low, high]).all() else None


def greatest_difference(groups: Estimates) -> Extreme:
    """Return the greatest difference of two groups; the groups' ends are at `level_for` them.

    Method: square-and-add, for shares Newcombe (1998), Interval estimation for the difference between independent
    proportions, method 10; for any values Zou and Donner (2008), Construction of confidence limits (MOVER).
    """
    values, low, high = groups.values, groups.lows, groups.highs
    apart = values[:, None] - values[None, :]
    down = np.hypot((values - low)[:, None], (high - values)[None, :])
    up = np.hypot((high - values)[:, None], (values - low)[None, :])
    return Extreme(
        value=float(apart.max()),
        interval=Interval(low=max(0.0, float((apart - down).max())), high=float((apart + up).max())),
    )


def least_ratio(groups: Estimates) -> Extreme:
    """Return the least ratio of two groups' values, which are not negative; 1 where all of them are zero.

    Method: Newcombe (2016), MOVER-R confidence intervals for ratios and products of two independently estimated
    quantities, after Donner and Zou (2012).
    """
    values, low, high = groups.values, np.maximum(groups.lows, 0.0), groups.highs
    if not values.max():
        return Extreme(value=1.0, interval=Interval(low=0.0, high=1.0))
    below = low * (2 * values - low)
    above = high * (2 * values - high)
    product = np.outer(values, values)
    with np.errstate(divide="ignore", invalid="ignore"):
        least = below[:, None] / (product + _root(product**2 - np.outer(below, above)))
        most = (product + _root(product**2 - np.outer(above, below))) / below[None, :]
    least = np.where(np.isfinite(least), least, 0.0)
    most = np.where(np.isfinite(most), most, np.inf)  # the divisor may be zero: nothing is known
    np.fill_diagonal(least, 1.0)
    np.fill_diagonal(most, 1.0)
    return Extreme(
        value=float(values.min() / values.max()),
        interval=Interval(low=float(min(1.0, least.min())), high=float(min(1.0, most.min()))),
    )


def _root(square: Array) -> Array:
    return np.asarray(np.sqrt(np.maximum(square, 0.0)))
