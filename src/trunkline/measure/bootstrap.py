"""The bootstrap: how much a figure would move had other rows of the same kind been drawn.

A resample is a row of counts, how often each row of the data was drawn, and nearly every figure is a function of
sums over rows. So the sums of all figures on many resamples are one sparse matrix product, and two models are
compared on the same resamples. Where users have several rows, users are drawn and each takes all of its rows along.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, hstack
from scipy.special import ndtr, stdtrit

from trunkline.core.figures import Interval

from .intervals import LEVEL
from .paired import Array
from .users import Users, number_of

CELLS = 1_000_000
"""Counts that are held in memory at once: 8 MB, which stays near the processor."""
KINDS = 1024
"""Distinct rows up to which resamples are drawn as counts of them."""
DENSE = 0.2
"""The share of sums other than zero from which they are multiplied as a full matrix."""


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


def draw(
    statistics: Mapping[str, Statistic],
    *,
    rows: int,
    resamples: int,
    seed: int,
    users: Users | None = None,
) -> dict[str, Array]:
    """Return each statistic on `resamples` resamples of `rows` rows, or of their users; a seed gives the same draws.

    A statistic gets the same draws whatever else is asked. Two of them are on the same resamples only when joined.
    Method: Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 6. Where few distinct rows stand
    behind a statistic, how often each is drawn comes from the multinomial distribution: the same law, fewer numbers.
    Of users: Davison and Hinkley (1997), Bootstrap Methods, section 3.8 (strategy 1: whole clusters).
    """
    width = rows
    if users is not None:
        rows = number_of(users)
        statistics = {name: _of_users(statistic, users) for name, statistic in statistics.items()}
    drawn: dict[str, Array] = {}
    general: dict[str, Statistic] = {}
    for name, statistic in statistics.items():
        kinds = None if statistic.sums is None else _kinds(statistic.sums)
        if kinds is None:
            general[name] = statistic
            continue
        patterns, share = kinds
        counts = np.random.default_rng(seed).multinomial(rows, share, size=resamples)
        drawn[name] = statistic.of(counts @ patterns)
    if general:
        drawn |= _draw_rows(general, rows=rows, width=width, resamples=resamples, seed=seed)
    return {name: drawn[name] for name in statistics}


def interval(draws: Array, level: float = LEVEL, *, users: Users | None = None) -> Interval | None:
    """Return the percentile interval, or None where more than a tenth of the resamples have no value.

    The ends are the quantiles of B draws at (B + 1) times the tail, so that few draws do not make it too narrow.
    Source: Efron and Tibshirani (1993), chapter 13; Davison and Hinkley (1997), Bootstrap Methods, section 5.3.
    Where users were drawn the tail is that of Student's t on as many: few of them make a percentile interval too narrow
    (Hesterberg 2015, What teachers should know about the bootstrap, section 4.3: expanded percentiles).
    """
    finite = draws[np.isfinite(draws)]
    if len(finite) < 2 or len(finite) < 0.9 * len(draws):
        return None
    tails = [(1 - level) / 2, (1 + level) / 2]
    if users is not None:
        size = number_of(users)
        if size < 2:
            return None
        tails = list(ndtr(np.sqrt(size / (size - 1)) * stdtrit(size - 1, tails)))
    low, high = np.quantile(finite, tails, method="weibull")
    return Interval(low=float(low), high=float(high), level=level)


def _of_users(statistic: Statistic, users: Users) -> Statistic:
    """Return a statistic of row counts as one of user counts."""
    if statistic.sums is None:
        return Statistic(lambda counts: statistic.of(counts[:, users]), most=statistic.most)
    rows = len(users)
    gathered = csr_array((np.ones(rows), (users, np.arange(rows))), shape=(number_of(users), rows))
    return Statistic(statistic.of, csr_array(gathered @ statistic.sums), statistic.most)


def _draw_rows(
    statistics: Mapping[str, Statistic], *, rows: int, width: int, resamples: int, seed: int
) -> dict[str, Array]:
    generator = np.random.default_rng(seed)
    products = _Products({name: one.sums for name, one in statistics.items() if one.sums is not None})
    drawn: dict[str, list[Array]] = {name: [] for name in statistics}
    at_once = max(1, min(resamples, CELLS // max(width, 1)))
    counts = np.empty((at_once, rows))
    for start in range(0, resamples, at_once):
        size = min(at_once, resamples - start)
        for position, picked in enumerate(generator.integers(0, rows, size=(size, rows), dtype=np.int64)):
            counts[position] = np.bincount(picked, minlength=rows)
        sums = products.of(counts[:size])
        for name, statistic in statistics.items():
            wanted = size if statistic.most is None else min(size, statistic.most - start)
            if wanted > 0:
                drawn[name].append(statistic.of(sums.get(name, counts[:size])[:wanted]))
    return {name: np.concatenate(parts) for name, parts in drawn.items()}


class _Products:
    """Sums over rows of many statistics: one product for the sparse of them, one for the full."""

    def __init__(self, sums: Mapping[str, csr_array]) -> None:
        full = [name for name, one in sums.items() if one.nnz > DENSE * one.shape[0] * one.shape[1]]
        sparse = [name for name in sums if name not in full]
        self._parts: list[tuple[list[str], Array, csr_array | Array]] = []
        for names in (full, sparse):
            if names:
                joint = csr_array(hstack([sums[name] for name in names]))
                cuts = np.cumsum([sums[name].shape[1] for name in names])[:-1]
                self._parts.append((names, cuts, joint.toarray() if names is full else joint))

    def of(self, counts: Array) -> dict[str, Array]:
        """Return the sums that each statistic's columns make of the counts, shape (resamples, rows)."""
        found: dict[str, Array] = {}
        for names, cuts, joint in self._parts:
            found |= dict(zip(names, np.split(np.asarray(counts @ joint), cuts, axis=1), strict=True))
        return found


def _kinds(sums: csr_array) -> tuple[Array, Array] | None:
    """Return the distinct rows, shape (kinds, k), and the share of each, or None where they are more than `KINDS`."""
    weights = np.random.default_rng(0).normal(size=sums.shape[1])
    _, first, kind, count = np.unique(
        sums @ weights, return_index=True, return_inverse=True, return_counts=True
    )
    if len(first) > KINDS:
        return None
    patterns = sums[first]
    if (sums - patterns[kind]).count_nonzero():  # two kinds of row gave one and the same number
        return None
    return patterns.toarray(), count / len(kind)
