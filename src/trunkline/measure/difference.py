"""The difference of two models by one metric, with users as the units: on the same rows, or each on its own.

The standard error is the jackknife's over units (Efron and Stein 1981, The jackknife estimate of variance, Annals of
Statistics 9), which holds for any metric and errs on the careful side; beyond `GROUPS` units it leaves out a group of
them at once (Kott 2001, The delete-a-group jackknife, Journal of Official Statistics 17). Student's t counts effective
users: few who give most answers say less than their number (Kish 1965; Carter, Schnepel and Steigerwald 2017,
Asymptotic behavior of a t-test robust to cluster heterogeneity, Review of Economics and Statistics 99).
Of models on rows of their own, a side's variance counts as no smaller than that of both together: a few users who
happen to be alike, as they are where errors are rare, prove nothing. With `matters`, intervals hold at every look
(`sequential`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from trunkline.core.figures import Figure, Interval

from .bootstrap import Statistic
from .intervals import LEVEL
from .metric_range import range_of
from .metrics import Metric
from .paired import Array, Paired
from .sequential import growth, reach
from .users import UserShare

GROUPS = 500
"""Units that are left out one by one; beyond it, groups of them are."""


class Difference(Figure):
    """By how much a challenger exceeds the champion."""

    users: int
    """The users of the side that has fewer; rows where no user is named."""
    times: float | None = None
    """How many times the data there are would settle whether it is tolerated; 1 where it is settled."""


def difference(
    challenger: Paired,
    champion: Paired,
    metric: Metric,
    *,
    same_rows: bool,
    level: float = LEVEL,
    matters: float | None = None,
) -> Difference:
    """Return by how much the metric of the challenger exceeds the champion's, with its interval at `level`.

    With `same_rows`, row i of both is the same request. There is no interval where a single unit carries the metric.
    With `matters`, the loss that is tolerated, the intervals of any number of looks hold together.
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
    rows = min(challenger.rows, champion.rows)
    asked = _Asked(level, matters, best=range_of(metric.name)[1])
    return asked.answer(f"{metric.name} difference", one, other, sides, rows)


def share_difference(
    challenger: UserShare,
    champion: UserShare,
    *,
    name: str,
    level: float = LEVEL,
    matters: float | None = None,
) -> Difference:
    """Return by how much the challenger's share of rows exceeds the champion's, as `difference` does.

    The upper end is that of a score test, with the error of equal versions: a version that fails more often varies more
    too, which must not hide it. The lower end has the error that was seen. Raises ValueError where a side has no rows.
    """
    one, other = challenger.value, champion.value
    sides = [_Side.of_share(side) for side in (challenger, champion)]
    rows = int(min(challenger.rows.sum(), champion.rows.sum()))
    equals = _equals((challenger, champion), [side.freedom for side in sides])
    return _Asked(level, matters, 1.0, equals).answer(f"{name} difference", one, other, sides, rows)


@dataclass(frozen=True)
class _Asked:
    level: float
    matters: float | None
    best: float
    equals: tuple[float, float] | None = None
    """The error and the degrees of freedom of the upper end, where they are not those that were seen."""

    def answer(self, name: str, one: float, other: float, sides: list[_Side], rows: int) -> Difference:
        value, users = one - other, min(side.units for side in sides)
        bare = Difference(name=name, value=value, rows=rows, users=users)
        freedom = sum(side.freedom for side in sides)
        if freedom < 1 or not all(side.freedom > 0 and np.isfinite(side.variance) for side in sides):
            return bare
        shared = sum(side.freedom * side.variance for side in sides) / freedom
        error = math.sqrt(sum(max(side.variance, shared) / side.units for side in sides))
        if not error and one == other == self.best:
            # Nobody erred: as far as one more unit may (the rule of three, Hanley and Lippman-Hand, JAMA 249, 1983).
            # It holds at every look: whoever never erred until now is one event, however often it is looked at.
            tail = (1 - self.level) / 2
            below, above = (1 - tail ** (1 / (side.freedom + 1)) for side in (sides[0], sides[-1]))
            times = max(1.0, below / self.matters) if self.matters else None
            span = Interval(low=-below, high=above, level=self.level)
            return bare.model_copy(update={"interval": span, "times": times})
        if not error and value:
            # Units of a side are alike and the sides differ: the error that they would have if nothing did.
            error = abs(value) / math.sqrt(sum(side.units for side in sides))
        if not error:
            span = Interval(low=value, high=value, level=self.level)
            return bare.model_copy(update={"interval": span, "times": 1.0})
        ends = ((error, freedom), self.equals or (error, freedom))
        below, above = (reach(*end, level=self.level, matters=self.matters) for end in ends)
        if not math.isfinite(below + above):
            return bare
        found = math.inf
        if self.matters is not None:
            found = growth(
                value, error, freedom, tolerated=self.matters, level=self.level, matters=self.matters
            )
        span = Interval(low=value - below, high=value + above, level=self.level)
        return bare.model_copy(update={"interval": span, "times": found if math.isfinite(found) else None})


@dataclass(frozen=True)
class _Side:
    """The variance of a statistic for a single unit, and what the units are worth."""

    variance: float
    units: int
    freedom: float

    @classmethod
    def of_share(cls, share: UserShare) -> _Side:
        hits, rows, units = share.hits.sum(), share.rows.sum(), len(share.rows)
        if units < 2:
            return cls(math.nan, units, 0.0)
        found = (hits - share.hits) / (rows - share.rows)
        spread = (units - 1) / units * float(((found - found.mean()) ** 2).sum())
        worth = float(rows) ** 2 / float((share.rows.astype(np.float64) ** 2).sum())
        return cls(spread * units, units, worth - 1)

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


def _equals(sides: Sequence[UserShare], freedoms: Sequence[float]) -> tuple[float, float]:
    """Return the standard error that a difference of shares has if both sides are alike, and its degrees of freedom.

    The share and the correlation within users are those of all users together (moments, as for the beta-binomial:
    Williams 1982, Extra-binomial variation in logistic linear models, Applied Statistics 31); degrees of freedom are
    Welch's (1947, Biometrika 34), so that a few users who fail often prove nothing.
    """
    hits, rows = (np.concatenate([getattr(side, name) for side in sides]) for name in ("hits", "rows"))
    share, pairs = hits.sum() / rows.sum(), float((rows * (rows - 1)).sum())
    once = share * (1 - share)
    excess = float(((hits - share * rows) ** 2).sum()) / once - float(rows.sum()) if once else 0.0
    alike = min(1.0, max(0.0, excess / pairs)) if pairs else 0.0
    parts = [
        once * float((side.rows * (1 + alike * (side.rows - 1))).sum()) / float(side.rows.sum()) ** 2
        for side in sides
    ]
    total = sum(parts)
    spread = sum(part**2 / max(freedom, 1e-9) for part, freedom in zip(parts, freedoms, strict=True))
    return math.sqrt(total), total**2 / spread if spread else 0.0


def _without_each(statistic: Statistic, groups: Array) -> Array:
    """Return the statistic of the rows without those of each group in turn; shape (groups,)."""
    size, rows = int(groups.max()) + 1, len(groups)
    if statistic.sums is None:
        return np.concatenate([statistic.of((groups != group)[None, :] * 1.0) for group in range(size)])
    gathered = csr_array((np.ones(rows), (groups, np.arange(rows))), shape=(size, rows))
    sums = np.asarray((gathered @ statistic.sums).todense())
    return statistic.of(sums.sum(axis=0) - sums)
