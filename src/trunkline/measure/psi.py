"""The population stability index: how far the counts of two windows lie apart, and whether chance explains it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from trunkline.core.figures import Interval

SMOOTHING = 0.5
"""Added to every count, so that an empty cell has a finite logarithm."""
LEAST_EXPECTED = 5.0
"""Cells expected to hold fewer rows are joined before the chi-square test (Cochran 1954)."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Drift:
    """How far two distributions over the same cells lie apart.

    `psi` is corrected for noise: with no drift at all its expectation is 0, whatever the sample sizes.
    """

    psi: float
    interval: Interval
    p_value: float
    shifts: tuple[tuple[str, float, float], ...]
    """The cells that contribute most, with their shares in the reference and in the window."""


def drift(
    cells: tuple[str, ...],
    reference: Floats,
    window: Floats,
    groups: Floats | None = None,
    most: float = math.inf,
) -> Drift | None:
    """Return the drift between two count vectors of shape (cells,).

    `groups` are the window's counts by groups of users, shape (groups, cells), where users have several rows, and
    `most` is the design effect of rows that are the same for each user. Both windows then count as many rows as they
    are worth by the effect seen in the groups: the reference's users are taken to repeat alike (Rao and Scott 1981,
    The analysis of categorical data from complex sample surveys, JASA 76).

    Population stability index: sum of (p - q) ln(p / q), which is Jeffreys' divergence. With B occupied cells,
    n and m rows and no drift it is distributed as (1/n + 1/m) times chi-square with B - 1 degrees of freedom
    (Kullback, Information Theory and Statistics, 1959, ch. 6; Yurdakul, Statistical Properties of Population
    Stability Index, 2018, ch. 3). So (B - 1)(1/n + 1/m) is subtracted, and the interval (95%) joins that
    variance with the delta method's. The p-value is that of the chi-square test of homogeneity.
    """
    occupied = (reference + window) > 0
    m, n = float(reference.sum()), float(window.sum())
    if not m or not n:
        return None
    named = [name for name, there in zip(cells, occupied, strict=True) if there]
    effect = 1.0 if groups is None else effect_of(groups, most)
    m, n = m / effect, n / effect
    before, after = reference[occupied] / effect, window[occupied] / effect
    p, q = _shares(after), _shares(before)
    logs = np.log(p / q)
    parts = (p - q) * logs
    freedom, scale = len(named) - 1, 1 / n + 1 / m
    psi = max(0.0, float(parts.sum()) - freedom * scale)
    variance = 2 * freedom * scale**2
    variance += _variance(p, logs + 1 - q / p) / n + _variance(q, -logs + 1 - p / q) / m
    half = 1.959964 * math.sqrt(variance)
    ranked = sorted(range(len(named)), key=lambda index: -parts[index])
    return Drift(
        psi=psi,
        interval=Interval(low=max(0.0, psi - half), high=psi + half),
        p_value=_homogeneity(before, after),
        shifts=tuple(
            (named[index], float(before[index] / m), float(after[index] / n)) for index in ranked[:3]
        ),
    )


def effect_of(groups: Floats, most: float = math.inf) -> float:
    """Return the mean design effect of shares whose counts are known by groups of users; from 1 to `most`.

    `groups` has the shape (groups, cells). Where all rows are alike, nothing is seen of it, and it is `most`.
    """
    sizes, counts = groups.sum(axis=1), groups.sum(axis=0)
    rows, several = float(sizes.sum()), int((sizes > 0).sum())
    if several < 2 or (counts > 0).sum() < 2:
        return max(1.0, min(most, rows))
    shares = counts[counts > 0] / rows
    apart = groups[:, counts > 0] - sizes[:, None] * shares
    excess = (apart**2 / shares).sum() / rows * several / (several - 1)
    return max(1.0, min(most, float(excess) / (len(shares) - 1)))


def _shares(counts: Floats) -> Floats:
    smoothed = counts + SMOOTHING
    return np.asarray(smoothed / smoothed.sum())


def _variance(shares: Floats, gradient: Floats) -> float:
    return float(shares @ gradient**2 - (shares @ gradient) ** 2)


def _homogeneity(reference: Floats, window: Floats) -> float:
    """Return the p-value of Pearson's chi-square test that both count vectors come from one distribution."""
    m, n = reference.sum(), window.sum()
    smaller = min(m, n) / (m + n)
    joined: list[tuple[float, float]] = []
    a = b = 0.0
    for left, right in zip(reference, window, strict=True):
        a, b = a + left, b + right
        if (a + b) * smaller >= LEAST_EXPECTED:
            joined.append((a, b))
            a = b = 0.0
    if a + b and joined:
        joined[-1] = (joined[-1][0] + a, joined[-1][1] + b)
    if len(joined) < 2:
        return 1.0
    table = np.array(joined)
    expected = table.sum(axis=1, keepdims=True) * np.array([[m, n]]) / (m + n)
    statistic = float(((table - expected) ** 2 / expected).sum())
    return float(special.chdtrc(len(joined) - 1, statistic))
