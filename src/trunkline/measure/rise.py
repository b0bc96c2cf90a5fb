"""Rise: how much higher a mean is in some rows than in the others, or than zero (Welch's and Student's tests).

Sources: Student (1908), The probable error of a mean, Biometrika 6; Welch (1947), The generalization of Student's
problem, Biometrika 34; Liang and Zeger (1986), Longitudinal data analysis, Biometrika 73, where users repeat.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from trunkline.core.figures import Interval

from .paired import Array
from .users import Users, design_effect, error_of_sum, number_of


@dataclass(frozen=True)
class Rise:
    """How much higher a mean is, with its standard error and degrees of freedom."""

    difference: float
    error: float
    freedom: float

    @property
    def statistic(self) -> float:
        """Return the difference in standard errors."""
        return self.difference / self.error if self.error else float(np.sign(self.difference)) * 1e9

    @property
    def p_value(self) -> float:
        """Return the chance of a difference as large were there none."""
        return float(student.sf(self.statistic, self.freedom))

    def interval(self, alpha: float) -> Interval:
        """Return the two-sided interval that lies above zero just where the p-value is below `alpha`."""
        reach = float(student.isf(alpha, self.freedom)) * self.error
        return Interval(
            low=self.difference - reach, high=self.difference + reach, level=round(1 - 2 * alpha, 4)
        )


def against_rest(values: Array, mask: Array, users: Users | None = None) -> Rise:
    """Return how much higher the mean of the rows in the mask is than that of the others (Welch 1947).

    The variance of a slice counts as no smaller than that of all rows: a few rows that happen to be alike prove
    nothing. Both sides need two rows. Where users repeat, they are what is independent (Liang and Zeger 1986).
    """
    inside, outside = values[mask], values[~mask]
    one = max(float(inside.var(ddof=1)), float(values.var(ddof=1))) / len(inside)
    two = float(outside.var(ddof=1)) / len(outside)
    total = one + two
    if users is not None:
        parts = np.where(mask, values - inside.mean(), outside.mean() - values)
        parts = parts / np.where(mask, len(inside), len(outside))
        return _by_user(float(inside.mean() - outside.mean()), parts, total, values, users, users[mask])
    spread = one**2 / (len(inside) - 1) + two**2 / (len(outside) - 1)
    return Rise(
        float(inside.mean() - outside.mean()), float(np.sqrt(total)), total**2 / spread if spread else 1.0
    )


def above_zero(values: Array, mask: Array, users: Users | None = None) -> Rise:
    """Return how much higher than zero the mean of the rows in the mask is (Student), with the same least variance."""
    inside = values[mask]
    variance = max(float(inside.var(ddof=1)), float(values.var(ddof=1)))
    if users is not None:
        parts = np.where(mask, values - inside.mean(), 0.0) / len(inside)
        return _by_user(float(inside.mean()), parts, variance / len(inside), values, users, users[mask])
    return Rise(float(inside.mean()), float(np.sqrt(variance / len(inside))), len(inside) - 1.0)


def _by_user(
    difference: float, parts: Array, least: float, values: Array, users: Users, within: Users
) -> Rise:
    """Return a rise whose error is that of users, no smaller than that of rows times what users cost all rows."""
    floor = np.sqrt(least * design_effect(values, users))
    return Rise(difference, max(error_of_sum(parts, users), float(floor)), max(1.0, number_of(within) - 1.0))
