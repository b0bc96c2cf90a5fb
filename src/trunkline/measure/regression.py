"""Metrics of numbers as functions of row counts: means, shares of spread, and what hangs on the order of errors."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.special import xlogy

from .bootstrap import Statistic
from .paired import Array, Paired
from .sums import mean, ratio

ROUNDING = 1e-10
"""The share of a sum of squares below which what is left after a subtraction is rounding."""


def regression(name: str, paired: Paired) -> Statistic | None:
    """Return the metric of that name, or None where there is none of it."""
    truth, said = paired.truth, paired.labels
    residual = truth - said
    if name == "r2":
        return _explained(residual, truth, around_mean=False)
    if name == "explained_variance":
        return _explained(residual, truth, around_mean=True)
    if name == "neg_max_error":
        return _greatest(np.abs(residual))
    if name == "neg_median_absolute_error":
        return _median(np.abs(residual))
    if name == "d2_absolute_error_score":
        return _absolute_skill(truth, np.abs(residual))
    losses = _losses(name.removeprefix("neg_").replace("root_", ""), truth, said)
    if losses is None:
        return None
    if not name.startswith("neg_root_"):
        return mean(-losses)
    inner = mean(losses)
    return Statistic(lambda total: np.asarray(-np.sqrt(inner.of(total))), inner.sums)


def _losses(name: str, truth: Array, said: Array) -> Array | None:
    """Return the loss of each row whose mean the metric is, None where there is none or not of such numbers."""
    residual = truth - said
    if name == "mean_absolute_error":
        return np.asarray(np.abs(residual))
    if name == "mean_squared_error":
        return np.asarray(residual**2)
    if name == "mean_absolute_percentage_error":
        return np.asarray(np.abs(residual) / np.maximum(np.abs(truth), np.finfo(np.float64).eps))
    least, least_said = truth.min(initial=np.inf), said.min(initial=np.inf)
    if name == "mean_squared_log_error" and min(least, least_said) > -1:
        return np.asarray((np.log1p(truth) - np.log1p(said)) ** 2)
    if name == "mean_poisson_deviance" and least >= 0 and least_said > 0:
        return np.asarray(2 * (xlogy(truth, truth / said) - truth + said))
    if name == "mean_gamma_deviance" and min(least, least_said) > 0:
        return np.asarray(2 * (np.log(said / truth) + truth / said - 1))
    return None


def _explained(residual: Array, truth: Array, *, around_mean: bool) -> Statistic:
    """Return one less the share of the squares that is left; `around_mean` takes the mean error off first."""
    centred, off = truth - truth.mean(), residual - residual.mean()
    squares = (off if around_mean else residual) ** 2
    sums = csr_array(np.stack([squares, centred**2, centred, np.ones(len(truth)), off], axis=1))
    # R2 has no use of the last column, and distinct rows are counted by all of them.
    sums = sums if around_mean else sums[:, :4]

    def explained(total: Array) -> Array:
        spread = total[:, 1] - total[:, 2] ** 2 / total[:, 3]
        # What is left of rows that are all alike is rounding, and a share of it would be any number.
        spread = np.where(spread > ROUNDING * total[:, 1], spread, 0.0)
        left = total[:, 0]
        if around_mean:
            left = np.maximum(left - total[:, 4] ** 2 / total[:, 3], 0.0)
        return np.asarray(1 - ratio(left, spread))

    return Statistic(explained, sums)


def _greatest(errors: Array) -> Statistic:
    order = np.argsort(-errors, kind="stable")
    return Statistic(lambda counts: np.asarray(-errors[order[(counts[:, order] > 0).argmax(axis=1)]]))


def _median(errors: Array) -> Statistic:
    order = np.argsort(errors, kind="stable")
    return Statistic(lambda counts: -_middle(errors[order], counts[:, order]))


def _absolute_skill(truth: Array, errors: Array) -> Statistic:
    """Return one less the error as a share of that of the resample's own median."""
    order = np.argsort(truth, kind="stable")

    def skill(counts: Array) -> Array:
        middle = _middle(truth[order], counts[:, order])
        alone = (counts * np.abs(truth - middle[:, None])).sum(axis=1)
        return np.asarray(1 - ratio(counts @ errors, alone))

    return Statistic(skill)


def _middle(ordered: Array, counts: Array) -> Array:
    """Return the median of values in their order, each so often as it was drawn; the mean of the two middle ones."""
    upto = np.cumsum(counts, axis=1)
    rows = upto[:, -1:]
    first, second = ((upto > np.floor((rows - one) / 2)).argmax(axis=1) for one in (1, 0))
    return np.asarray((ordered[first] + ordered[second]) / 2)
