"""Statistics of sums over rows: means and shares, of all rows or of some."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from .bootstrap import Statistic
from .paired import Array


def mean(values: Array) -> Statistic:
    """Return the mean of `values`, one a row."""
    sums = csr_array(np.stack([values, np.ones(len(values))], axis=1))
    return Statistic(lambda total: ratio(total[:, 0], total[:, 1]), sums)


def share(part: Array, whole: Array) -> Statistic:
    """Return the share of the rows in the mask `whole` that are also in the mask `part`."""
    sums = csr_array(np.stack([part & whole, whole], axis=1).astype(np.float64))
    return Statistic(lambda total: ratio(total[:, 0], total[:, 1]), sums)


def within(mask: Array, inner: Statistic) -> Statistic:
    """Return a statistic of the rows in `mask`, as a statistic of all rows."""
    position = np.flatnonzero(mask)
    if inner.sums is None:
        return Statistic(lambda counts: inner.of(counts[:, position]), most=inner.most)
    size = len(position)
    spread = csr_array((np.ones(size), (position, np.arange(size))), shape=(len(mask), size))
    return Statistic(inner.of, csr_array(spread @ inner.sums), inner.most)


def ratio(upper: Array, lower: Array, *, empty: float = np.nan) -> Array:
    """Return the quotient, `empty` where the divisor is not positive."""
    result = np.full(np.broadcast(upper, lower).shape, empty)
    np.divide(upper, lower, out=result, where=lower > 0)
    return result
