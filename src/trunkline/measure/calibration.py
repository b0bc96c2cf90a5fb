"""Calibration: how far what probabilities say lies from what happens."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array
from scipy.stats import norm

from trunkline.core.figures import Figure, Interval

from .bootstrap import Statistic, draw, interval
from .paired import Array
from .sums import mean, ratio
from .users import Users

MOST_BINS = 15
ROWS_A_BIN = 50
"""Fewer rows make fewer bins, so that the noise within a bin stays small beside a limit of 0.1."""


def calibration_figures(
    score: Array, hit: Array, *, resamples: int, seed: int, users: Users | None = None
) -> tuple[Figure, Figure]:
    """Return the expected calibration error, its bias removed, and the mean of what was said less what happened.

    `score` is what was said and `hit` what happened (0 or 1), both of shape (n,). The error is the mean distance of
    the two over bins of equally many rows. A distance is never below zero, so noise alone makes an error; what noise
    of the normal law adds is subtracted, as `normal_debiased_ce` of Kumar, Liang and Ma (2019), Verified uncertainty
    calibration, NeurIPS, here in closed form. Resamples have that noise twice, so their draws are moved to lie around
    the point (Efron and Tibshirani 1993, chapter 10). Users are drawn where they repeat, but the noise that is
    subtracted stays that of independent rows, so that the error then is told rather too great than too small.
    """
    rows = len(score)
    statistics = {"error": _binned(score, hit, bins_of(score)), "gap": mean(score - hit)}
    error, gap = (float(statistic(np.ones((1, rows)))[0]) for statistic in statistics.values())
    drawn = draw(statistics, rows=rows, resamples=resamples, seed=seed, users=users)
    found = interval(drawn["error"] - np.nanmean(drawn["error"]) + error, users=users)
    return (
        Figure(
            name="expected_calibration_error",
            value=max(0.0, error),
            rows=rows,
            interval=None if found is None else Interval(low=max(0.0, found.low), high=max(0.0, found.high)),
        ),
        Figure(
            name="mean_predicted_less_observed",
            value=gap,
            rows=rows,
            interval=interval(drawn["gap"], users=users),
        ),
    )


def said_and_happened(probabilities: Array, truth: Array, binary: bool) -> tuple[Array, Array]:
    """Return each row's probability of the positive class, or of the likeliest, and whether that class came (0, 1)."""
    if binary:
        return probabilities[:, 1], (truth == 1).astype(np.float64)
    return probabilities.max(axis=1), (probabilities.argmax(axis=1) == truth).astype(np.float64)


def bins_of(score: Array) -> Array:
    """Return each row's bin, from 0: as many rows in each as can be while equal scores stay together."""
    number = int(np.clip(len(score) // ROWS_A_BIN, 1, MOST_BINS))
    edges = np.unique(np.quantile(score, np.arange(1, number) / number))
    return np.asarray(np.unique(np.searchsorted(edges, score, side="right"), return_inverse=True)[1])


def _binned(score: Array, hit: Array, code: Array) -> Statistic:
    size = int(code.max()) + 1
    row = np.arange(len(score))
    cells = np.concatenate([code, code + size, code + 2 * size])
    sums = csr_array(
        (np.concatenate([score, hit, np.ones(len(score))]), (np.tile(row, 3), cells)),
        shape=(len(score), 3 * size),
    )

    def error(total: Array) -> Array:
        said, came, rows = total[:, :size], total[:, size : 2 * size], total[:, 2 * size :]
        share = ratio(came, rows, empty=0.0)
        distance = np.abs(ratio(said, rows, empty=0.0) - share)
        noise = np.sqrt(ratio(share * (1 - share), rows, empty=0.0))
        expected = _folded(distance, noise)
        weight = rows / rows.sum(axis=1, keepdims=True)
        return np.asarray((weight * (2 * distance - expected)).sum(axis=1))

    return Statistic(error, sums)


def _folded(centre: Array, spread: Array) -> Array:
    """Return the mean of the absolute value of a normal variable (Leone, Nelson and Nottingham 1961)."""
    away = ratio(centre, spread, empty=np.inf)
    return np.asarray(
        spread * np.sqrt(2 / np.pi) * np.exp(-(away**2) / 2) + centre * (1 - 2 * norm.cdf(-away))
    )
