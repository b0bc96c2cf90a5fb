"""The area under the ROC curve: its interval from no more than the area and the numbers of rows."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from scipy.optimize import brentq

from trunkline.core.figures import Interval

from .delong import components, placements
from .intervals import LEVEL
from .paired import Paired
from .users import error_of_sum

TINY = 1e-12
"""0 and 1 are never ruled out, and are not the ends that are looked for."""


def area_interval(area: float, positives: float, negatives: float) -> Interval:
    """Return the interval of an area measured on so many rows of each outcome.

    Newcombe (2006), Confidence intervals for an effect size measure based on the Mann-Whitney statistic, part 2,
    method 5: the areas that Hanley and McNeil's (1982) standard error, taken at those areas, does not rule out. It
    needs no resampling, stays within 0 and 1, and has a width where the area is 0 or 1.
    """
    z = NormalDist().inv_cdf((1 + LEVEL) / 2)
    rest = (positives + negatives) / 2 - 1

    def ruled_out(true: float) -> float:
        shape = 1 + rest * ((1 - true) / (2 - true) + true / (1 + true))
        return (area - true) ** 2 - z**2 * true * (1 - true) * shape / (positives * negatives)

    return Interval(
        low=0.0 if area <= 0 else float(brentq(ruled_out, 0.0, min(area, 1 - TINY))),
        high=1.0 if area >= 1 else float(brentq(ruled_out, max(area, TINY), 1.0)),
    )


def area_effect(paired: Paired) -> float:
    """Return by how much the variance of the area exceeds that of independent rows; at least 1.

    Both by DeLong's structural components, summed by user (Obuchowski 1997) and row by row. Where nothing is seen of
    it, as at an area of 1, all rows of a user count as one.
    """
    if paired.users is None or paired.probabilities is None:
        return 1.0
    rows, positive = paired.rows, paired.truth == 1
    parts = components(positive, *placements(positive, paired.probabilities[:, 1]))
    together = error_of_sum(parts, paired.users)
    alone = float((parts**2).sum())
    if not alone > 0 or not np.isfinite(together):
        return float((np.bincount(paired.users).astype(np.float64) ** 2).sum()) / rows
    return max(1.0, together**2 / alone)
