"""Worth: how many independent rows the rows of users tell as much as, and the interval of a share of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from trunkline.core.figures import Interval

from .intervals import wilson
from .users import Users, design_effect, number_of

LEAST = 0.01
"""Rows that the rows of a single user are worth at least, so that a share of them has an interval: nearly 0 to 1."""


def worth(values: NDArray[np.float64], users: Users, level: float = 0.95) -> float:
    """Return how many independent rows tell as much of the mean, in an interval at `level`, as these.

    Source: Rao and Scott (1992), A simple method for the analysis of clustered binary data, Biometrics 48; fewer still
    where the users are few (Korn and Graubard 1998, Confidence intervals for proportions with small expected number of
    positive counts estimated from survey data, Survey Methodology 24).
    """
    rows, size = len(values), number_of(users)
    if size < 2:
        return LEAST
    tail = (1 + level) / 2
    few = float(stdtrit(rows - 1, tail) / stdtrit(size - 1, tail)) ** 2
    return max(LEAST, rows / design_effect(values, users) * few)


def share_interval(hit: NDArray[np.bool_], users: Users | None, level: float = 0.95) -> Interval:
    """Return the score interval of the share of rows that hit: of as many rows as they are worth."""
    hits, rows = int(hit.sum()), len(hit)
    if users is None or not rows:
        return wilson(hits, rows, level)
    tell = worth(hit.astype(np.float64), users, level)
    return wilson(tell if hits == rows else hits / rows * tell, tell, level)
