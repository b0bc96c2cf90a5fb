"""Slice evidence: is a mean higher in a slice than elsewhere, or above zero, asked of many slices at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student

from trunkline.core.figures import Figure, Interval
from trunkline.core.policy.gates import SliceGates
from trunkline.measure.paired import Array
from trunkline.measure.users import Users, design_effect, error_of_sum, number_of
from trunkline.tasks import Losses

from .search import Slice


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


@dataclass(frozen=True)
class Answer:
    """A test among many: `alpha` is the level at which Holm asks it, `alone` whether it rejects as the only one."""

    rise: Rise
    alpha: float
    rejected: bool
    alone: bool


@dataclass(frozen=True)
class Measured:
    """A slice on the half that confirms: `effect` and its interval are shares of the baseline's mean loss.

    `here` is the mean loss in it, `there` that of what it is compared with. `confirmed` says that the effect is large
    enough and that Holm's procedure rejects, `alone` that the test would as the only one.
    """

    slice: Slice
    rows: int
    effect: float
    interval: Interval
    here: float
    there: float
    statistic: float
    confirmed: bool
    alone: bool

    def figure(self, name: str) -> Figure:
        """Return the effect as a figure of that name."""
        return Figure(
            name=name, value=self.effect, rows=self.rows, interval=self.interval, group=self.slice.words
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


def holm(rises: Sequence[Rise], significance: float) -> tuple[Answer, ...]:
    """Return the answers with the chance of any false rejection at most `significance` (Holm 1979).

    The least p-value is asked at `significance` over the number of tests, the next at one test fewer, and so on; from
    the first that does not reject, all are asked at its level.
    """
    p_values = [rise.p_value for rise in rises]
    answers: dict[int, Answer] = {}
    alpha, rejecting = significance, True
    for rank, place in enumerate(np.argsort(p_values, kind="stable")):
        alpha = significance / (len(rises) - rank) if rejecting else alpha
        rejecting = rejecting and p_values[place] < alpha
        answers[int(place)] = Answer(rises[place], alpha, rejecting, p_values[place] < significance)
    return tuple(answers[place] for place in range(len(rises)))


def measure_slices(
    parts: Sequence[Slice],
    rises: Sequence[Rise],
    there: Sequence[float],
    confirm: Losses,
    second: Array,
    policy: SliceGates,
) -> list[Measured]:
    """Return the slices with Holm's answers, the surest first; `confirm` are the losses at the positions `second`."""
    scale = float(confirm.baseline.mean())
    found = []
    for part, mean, answer in zip(parts, there, holm(rises, policy.significance), strict=True):
        inside, span = part.mask[second], answer.rise.interval(answer.alpha)
        effect = answer.rise.difference / scale
        found.append(
            Measured(
                slice=part,
                rows=int(inside.sum()),
                effect=effect,
                interval=Interval(low=span.low / scale, high=span.high / scale, level=span.level),
                here=float(confirm.model[inside].mean()),
                there=mean,
                statistic=answer.rise.statistic,
                confirmed=answer.rejected and effect >= policy.gap,
                alone=answer.alone and effect >= policy.gap,
            )
        )
    return sorted(found, key=lambda one: (-one.statistic, one.slice.words))


def apart(found: Sequence[Measured]) -> list[Measured]:
    """Return the slices that share fewer than half of their rows with any before them."""
    kept: list[Measured] = []
    for one in found:
        rows = int(one.slice.mask.sum())
        if all(
            (one.slice.mask & other.slice.mask).sum() < min(rows, other.slice.mask.sum()) / 2
            for other in kept
        ):
            kept.append(one)
    return kept
