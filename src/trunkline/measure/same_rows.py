"""Two models on the same rows: intervals of the accuracy that one gains, and of the error that it saves.

The level is that of one interval; several hold together where it is shared (`shared_level`).
"""

from __future__ import annotations

import numpy as np
from scipy.special import stdtrit

from trunkline.core.figures import Interval

from .intervals import deviate
from .paired import Array
from .users import Users, error_of_mean, number_of
from .worth import worth


def accuracy_gain(gains: Array, users: Users | None, level: float) -> Interval:
    """Return the interval of the mean of gains: 1 where one model alone is right, -1 where the other is, else 0.

    It holds where few rows or none are answered otherwise. Where users repeat, rows count as many as they are worth.
    Source: Bonett and Price (2012), Adjusted Wald confidence interval for a difference of binomial proportions based
    on paired data, Journal of Educational and Behavioral Statistics 37.
    """
    rows = float(len(gains)) if users is None else worth(gains, users)
    won, lost = ((float((hit).mean()) * rows + 1) / (rows + 2) for hit in (gains > 0, gains < 0))
    middle = won - lost
    half = deviate(level) * float(np.sqrt((won + lost - middle**2) / (rows + 2)))
    return Interval(low=max(-1.0, middle - half), high=min(1.0, middle + half))


def error_saved(
    ours: Array, theirs: Array, users: Users | None, level: float
) -> tuple[float, Interval | None]:
    """Return the share of their mean absolute error that is saved, and its interval; errors are not negative.

    The interval is that of the log of the ratio of both errors, paired row by row; by Student's t of the users where
    these repeat, and None where all rows are one user's. Nothing is saved where neither model errs.
    Source: Cochran (1977), Sampling Techniques, section 6.4: the bootstrap's standard error without the resamples.
    Raises ValueError when they make no error and we do: that is no share of anything.
    """
    upper, lower = float(ours.mean()), float(theirs.mean())
    if upper and not lower:
        raise ValueError("no error of which a share could be saved")
    ratio, reach = (upper / lower if lower else 1.0), 1.0
    if upper:
        with np.errstate(over="ignore"):
            reach = float(np.exp(_reach(ours / upper - theirs / lower, users, level)))
    return 1 - ratio, Interval(low=1 - ratio * reach, high=1 - ratio / reach) if np.isfinite(reach) else None


def _reach(values: Array, users: Users | None, level: float) -> float:
    """Return how far the interval of a mean reaches to each side."""
    if users is None:
        return deviate(level) * float(values.std(ddof=1)) / float(np.sqrt(len(values)))
    times = float(stdtrit(max(1, number_of(users) - 1), (1 + level) / 2))
    return times * error_of_mean(values, users)
