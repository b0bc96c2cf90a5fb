"""The area under the ROC curve: its interval from no more than the area and the numbers of rows."""

from __future__ import annotations

from statistics import NormalDist

from scipy.optimize import brentq

from trunkline.core.figures import Interval

from ..bootstrap import LEVEL

TINY = 1e-12
"""0 and 1 are never ruled out, and are not the ends that are looked for."""


def area_interval(area: float, positives: int, negatives: int) -> Interval:
    """Return the interval of an area measured on one row at least of each outcome.

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
