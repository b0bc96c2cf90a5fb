"""DeLong's test: whether two areas under the ROC curve on the same rows differ by more than chance.

Source: DeLong, DeLong and Clarke-Pearson (1988), Comparing the areas under two or more correlated ROC curves,
Biometrics 44; computed by ranks as Sun and Xu (2014), Fast implementation of DeLong's algorithm, IEEE Signal
Processing Letters 21. For rows whose users repeat: Obuchowski (1997), Nonparametric analysis of clustered ROC curve
data, Biometrics 53, which sums the structural components of each user.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import norm, rankdata
from scipy.stats import t as student

from .paired import Array
from .users import Users, error_of_sum, number_of


def delong(positive: Array, first: Array, second: Array, users: Users | None = None) -> float:
    """Return the two-sided p value that both scores rank the rows equally well, NaN with fewer than two of a class.

    `positive` is a mask of shape (n,); `first` and `second` are scores of shape (n,), ties count half.
    """
    if min(positive.sum(), (~positive).sum()) < 2:
        return float("nan")
    (up, down), (other_up, other_down) = placements(positive, first), placements(positive, second)
    difference = up.mean() - other_up.mean()
    if users is not None:
        return _by_user(positive, up - other_up, down - other_down, users)
    error = np.sqrt(_of_mean(up - other_up) + _of_mean(down - other_down))
    if error == 0:
        return 1.0 if difference == 0 else 0.0
    return float(2 * norm.sf(abs(difference) / error))


def components(positive: Array, up: Array, down: Array) -> Array:
    """Return what each row adds to an area's (or a difference's) distance from its mean; they sum to zero."""
    parts = np.empty(len(positive))
    parts[positive] = (up - up.mean()) / len(up)
    parts[~positive] = (down - down.mean()) / len(down)
    return parts


def placements(positive: Array, score: Array) -> tuple[Array, Array]:
    """Return for each positive row the share of negatives below it, for each negative that of positives above it.

    The mean of either is the area under the curve.
    """
    rank = rankdata(score)
    up, down = score[positive], score[~positive]
    below = (rank[positive] - rankdata(up)) / len(down)
    above = 1 - (rank[~positive] - rankdata(down)) / len(up)
    return below, above


def _by_user(positive: Array, up: Array, down: Array, users: Users) -> float:
    difference = float(up.mean())
    error = error_of_sum(components(positive, up, down), users)
    if error == 0:
        return 1.0 if difference == 0 else 0.0
    return float(2 * student.sf(abs(difference) / error, max(1, number_of(users) - 1)))


def _of_mean(values: Array) -> float:
    return float(values.var(ddof=1)) / len(values)
