"""Metrics of numbers as functions of sums over rows: mean losses, and the share of spread that is explained."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy.sparse import csr_array

from .bootstrap import Statistic
from .paired import Array, Paired
from .sums import mean, ratio

ROUNDING = 1e-10
"""The share of a sum of squares below which what is left after a subtraction is rounding."""
LOSSES: Mapping[str, Callable[[Array, Array], Array]] = {
    "neg_mean_absolute_error": lambda truth, said: np.abs(truth - said),
    "neg_mean_squared_error": lambda truth, said: (truth - said) ** 2,
    "neg_root_mean_squared_error": lambda truth, said: (truth - said) ** 2,
    "neg_mean_absolute_percentage_error": lambda truth, said: (
        np.abs(truth - said) / np.maximum(np.abs(truth), np.finfo(np.float64).eps)
    ),
}
"""The loss of each row; the metric is its mean, or the root of that."""


def regression(name: str, paired: Paired) -> Statistic | None:
    """Return the metric of that name, or None where there is none of it."""
    if name == "r2":
        return _explained(paired.truth, paired.truth - paired.labels)
    if name not in LOSSES:
        return None
    inner = mean(-LOSSES[name](paired.truth, paired.labels))
    if not name.startswith("neg_root_"):
        return inner
    return Statistic(lambda total: np.asarray(-np.sqrt(-inner.of(total))), inner.sums)


def _explained(truth: Array, residual: Array) -> Statistic:
    """Return one less the share of the squares that is left."""
    centred = truth - truth.mean()
    sums = csr_array(np.stack([residual**2, centred**2, centred, np.ones(len(truth))], axis=1))

    def explained(total: Array) -> Array:
        spread = total[:, 1] - total[:, 2] ** 2 / total[:, 3]
        # What is left of rows that are all alike is rounding, and a share of it would be any number.
        return np.asarray(1 - ratio(total[:, 0], np.where(spread > ROUNDING * total[:, 1], spread, 0.0)))

    return Statistic(explained, sums)
