"""The difference of two models by one metric, with users as the units: on the same rows, or each on its own.

The standard error is the jackknife's over units (Efron and Stein 1981, The jackknife estimate of variance, Annals of
Statistics 9), which holds for any metric and errs on the careful side; beyond `GROUPS` units it leaves out a group of
them at once (Kott 2001, The delete-a-group jackknife, Journal of Official Statistics 17). Student's t counts effective
users: few who give most answers say less than their number (Kish 1965; Carter, Schnepel and Steigerwald 2017,
Asymptotic behavior of a t-test robust to cluster heterogeneity, Review of Economics and Statistics 99).
Of models on rows of their own, a side's variance counts as no smaller than that of both together: a few users who
happen to be alike, as they are where errors are rare, prove nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.special import stdtrit

from trunkline.core.figures import Figure, Interval

from .bootstrap import Statistic
from .intervals import LEVEL
from .metric_range import range_of
from .metrics import Metric
from .paired import Array, Paired

GROUPS = 500
"""Units that are left out one by one; of more, groups are."""


def difference(
    challenger: Paired, champion: Paired, metric: Metric, *, same_rows: bool, level: float = LEVEL
) -> Figure:
    """Return by how much the metric of the challenger exceeds the champion's, with its interval at `level`.

    With `same_rows`, row i of both is the same request. There is no interval where a single unit carries the metric.
    Raises ValueError when the metric has no value for one of them, and ProjectError when the project's raises.
    """
    one, other = metric.value(challenger), metric.value(champion)
    if not np.isfinite(one - other):
        raise ValueError(
            f"{metric.name} has no value on these {challenger.rows:,} and {champion.rows:,} rows"
        )
    sides = [_Side.of(metric.statistic(challenger), challenger)]
    if same_rows:
        sides = [_Side.of(metric.statistic(challenger).minus(metric.statistic(champion)), challenger)]
    else:
        sides.append(_Side.of(metric.statistic(champion), champion))
    return Figure(
        name=f"{metric.name} difference",
        value=one - other,
        rows=min(challenger.rows, champion.rows),
        interval=_interval(one, other, sides, level, best=range_of(metric.name)[1]),
    )


def _interval(one: float, other: float, sides: list[_Side], level: float, *, best: float) -> Interval | None:
    freedom = sum(side.freedom for side in sides)
    if freedom < 1 or not all(side.freedom > 0 and np.isfinite(side.variance) for side in sides):
        return None
    shared = sum(side.freedom * side.variance for side in sides) / freedom
    error = math.sqrt(sum(max(side.variance, shared) / side.units for side in sides))
    if not error and one == other == best:
        # Nobody erred yet: as far as one more unit may (the rule of three, Hanley and Lippman-Hand, JAMA 249, 1983).
        below, above = (1 - ((1 - level) / 2) ** (1 / (side.freedom + 1)) for side in (sides[0], sides[-1]))
        return Interval(low=-below, high=above, level=level)
    reach = float(stdtrit(freedom, (1 + level) / 2)) * error
    return Interval(low=one - other - reach, high=one - other + reach, level=level)


@dataclass(frozen=True)
class _Side:
    """The variance of a statistic for a single unit, and what the units are worth."""

    variance: float
    units: int
    freedom: float

    @classmethod
    def of(cls, statistic: Statistic, paired: Paired) -> _Side:
        units = np.arange(paired.rows) if paired.users is None else paired.users
        sizes = np.bincount(units)
        left_out = units % min(GROUPS, statistic.most or GROUPS, len(sizes))
        found = _without_each(statistic, left_out)
        groups = len(found)
        spread = (groups - 1) / groups * float(((found - found.mean()) ** 2).sum())
        worth = paired.rows**2 / float((sizes.astype(np.float64) ** 2).sum())
        return cls(spread * len(sizes), len(sizes), min(worth, groups) - 1)


def _without_each(statistic: Statistic, groups: Array) -> Array:
    """Return the statistic of the rows without those of each group in turn; shape (groups,)."""
    size, rows = int(groups.max()) + 1, len(groups)
    if statistic.sums is None:
        return np.concatenate([statistic.of((groups != group)[None, :] * 1.0) for group in range(size)])
    gathered = csr_array((np.ones(rows), (groups, np.arange(rows))), shape=(size, rows))
    sums = np.asarray((gathered @ statistic.sums).todense())
    return statistic.of(sums.sum(axis=0) - sums)
