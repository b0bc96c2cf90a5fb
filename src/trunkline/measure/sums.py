"""Statistics of sums over rows: means of all rows."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from .bootstrap import Statistic
from .paired import Array


def mean(values: Array) -> Statistic:
    """Return the mean of `values`, one a row."""
    sums = csr_array(np.stack([values, np.ones(len(values))], axis=1))
    return Statistic(lambda total: ratio(total[:, 0], total[:, 1]), sums)


def ratio(upper: Array, lower: Array, *, empty: float = np.nan) -> Array:
    """Return the quotient, `empty` where the divisor is not positive."""
    result = np.full(np.broadcast(upper, lower).shape, empty)
    np.divide(upper, lower, out=result, where=lower > 0)
    return result
