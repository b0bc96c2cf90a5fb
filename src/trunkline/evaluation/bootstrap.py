"""The bootstrap: how much a figure would move had other rows of the same kind been drawn.

A resample is a row of counts, how often each row of the data was drawn, and nearly every figure is a function of
sums over rows. So the sums of all figures on many resamples are one sparse matrix product, and two models are
compared on the same resamples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, hstack

from trunkline.core.records import Interval

from .scored import Array

LEVEL = 0.95
CELLS = 1_000_000
"""Counts that are held in memory at once: 8 MB, which stays near the processor."""


@dataclass(frozen=True)
class Statistic:
    """A figure as a function of row counts; gives shape (resamples,), NaN where undefined.

    `of` takes the sums that the columns of `sums` (shape (rows, k)) make of the counts, shape (resamples, k); without
    `sums`, the counts themselves, shape (resamples, rows). `most` bounds the resamples of one that is slow.
    """

    of: Callable[[Array], Array]
    sums: csr_array | None = None
    most: int | None = None

    def __call__(self, counts: Array) -> Array:
        return self.of(counts if self.sums is None else counts @ self.sums)

    def minus(self, other: Statistic) -> Statistic:
        """Return the difference of two statistics on the same resamples."""
        return joined((self, other), lambda values: values[:, 0] - values[:, 1])


def joined(parts: Sequence[Statistic], over: Callable[[Array], Array]) -> Statistic:
    """Return a function of several statistics, which gets their values in shape (resamples, parts), as one."""
    limits = [part.most for part in parts if part.most is not None]
    most = min(limits) if limits else None
    sums = [part.sums for part in parts if part.sums is not None]
    if len(sums) < len(parts):
        return Statistic(lambda counts: over(np.stack([part(counts) for part in parts], axis=1)), most=most)
    cuts = np.cumsum([matrix.shape[1] for matrix in sums])[:-1]

    def of(values: Array) -> Array:
        pieces = np.split(values, cuts, axis=1)
        return over(np.stack([part.of(piece) for part, piece in zip(parts, pieces, strict=True)], axis=1))

    return Statistic(of, csr_array(hstack(sums)), most)


def draw(statistics: Mapping[str, Statistic], *, rows: int, resamples: int, seed: int) -> dict[str, Array]:
    """Return each statistic on `resamples` resamples of `rows` rows; the same seed gives the same resamples.

    Method: Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 6.
    """
    if not statistics:
        return {}
    generator = np.random.default_rng(seed)
    fast = {name: statistic for name, statistic in statistics.items() if statistic.sums is not None}
    matrix = csr_array(hstack([statistic.sums for statistic in fast.values()])) if fast else None
    cuts = np.cumsum([statistic.sums.shape[1] for statistic in fast.values() if statistic.sums is not None])
    drawn: dict[str, list[Array]] = {name: [] for name in statistics}
    at_once = max(1, min(resamples, CELLS // max(rows, 1)))
    for start in range(0, resamples, at_once):
        size = min(at_once, resamples - start)
        picked = generator.integers(0, rows, size=(size, rows), dtype=np.int64)
        picked += (np.arange(size) * rows)[:, None]
        counts = np.bincount(picked.ravel(), minlength=size * rows).reshape(size, rows).astype(np.float64)
        pieces = [] if matrix is None else np.split(counts @ matrix, cuts[:-1], axis=1)
        for (name, statistic), piece in zip(fast.items(), pieces, strict=True):
            drawn[name].append(statistic.of(piece))
        for name in statistics.keys() - fast.keys():
            most = statistics[name].most
            wanted = size if most is None else min(size, most - start)
            if wanted > 0:
                drawn[name].append(statistics[name].of(counts[:wanted]))
    return {name: np.concatenate(parts) for name, parts in drawn.items()}


def interval(draws: Array) -> Interval | None:
    """Return the percentile interval, or None where more than a tenth of the resamples have no value.

    Source: Efron and Tibshirani (1993), chapter 13.
    """
    finite = draws[np.isfinite(draws)]
    if len(finite) < 2 or len(finite) < 0.9 * len(draws):
        return None
    low, high = np.quantile(finite, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(low=float(low), high=float(high), level=LEVEL)
