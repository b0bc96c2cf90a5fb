"""Comparison: two models on the same rows, by the paired bootstrap and a second test.

A percentile interval is a little too narrow (Hesterberg 2015, What teachers should know about the bootstrap), so one
model is called better or worse only where a test of another kind agrees: DeLong's of areas under the ROC curve,
McNemar's of accuracies, and of every other metric Student's t on the bootstrap's standard error. Where users have
several rows, both ask how much would move had other users been drawn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, t

from trunkline.core.errors import DataError
from trunkline.core.figures import Figure

from .bootstrap import draw, interval
from .delong import delong
from .intervals import LEVEL
from .mcnemar import mcnemar
from .metrics import Metric
from .paired import Array, Paired
from .users import counted

SAID = 0.025
"""The p value below which that test agrees: half of 0.05, so that claims about equal models stay below one in twenty
in two hundred comparisons too, not only in the long run."""


@dataclass(frozen=True)
class Comparison:
    """A metric of both models, their difference (challenger less champion) and its standard error.

    `p_value` is that of `test`, that they are equal. `sample` says on how many rows (of how many `users`, zero where
    they do not repeat).
    """

    metric: str
    challenger: float
    champion: float
    difference: Figure
    spread: float
    test: str
    p_value: float
    sample: str = ""
    users: int = 0

    @property
    def better(self) -> bool:
        """Whether both the interval and the test call the challenger better."""
        return self.difference.interval is not None and self.difference.interval.low > 0 and self._confirmed

    @property
    def worse(self) -> bool:
        """Whether both the interval and the test call the challenger worse."""
        return self.difference.interval is not None and self.difference.interval.high < 0 and self._confirmed

    @property
    def _confirmed(self) -> bool:
        return self.p_value < SAID

    def rows_to_decide(self, margin: float) -> int | None:
        """Return on how many rows the interval would leave `-margin`, if the difference stays what it is.

        The width of an interval falls with the square root of the rows. None where more than ten million are needed.
        """
        distance = abs(self.difference.value + margin)
        reach = float(norm.ppf((1 + LEVEL) / 2)) * self.spread
        if distance == 0 or reach / distance > math.sqrt(1e7 / self.difference.rows):
            return None
        return max(self.difference.rows + 1, math.ceil(self.difference.rows * (reach / distance) ** 2))


def require_same_rows(challenger: Paired, champion: Paired) -> None:
    """Raise DataError when two models did not answer the same rows."""
    if challenger.rows != champion.rows or challenger.classes != champion.classes:
        raise DataError(
            "The two models did not answer the same rows.", next_step="answer the test part with both"
        )
    if not np.array_equal(challenger.truth, champion.truth):
        raise DataError(
            "The two models' rows have different outcomes.", next_step="keep the rows in their order"
        )


def compare(
    challenger: Paired,
    champion: Paired,
    metrics: Sequence[Metric],
    resamples: int,
    seed: int,
) -> tuple[Comparison, ...]:
    """Return the comparison by each metric that has a value for both models, on the same resamples of the same rows.

    Raises DataError when the rows differ.
    """
    require_same_rows(challenger, champion)
    found = {metric.name: metric for metric in metrics}
    points = {name: (metric.value(challenger), metric.value(champion)) for name, metric in found.items()}
    points = {name: both for name, both in points.items() if np.isfinite(both).all()}
    drawn = draw(
        {name: found[name].statistic(challenger).minus(found[name].statistic(champion)) for name in points},
        rows=challenger.rows,
        resamples=resamples,
        seed=seed,
        users=challenger.users,
    )
    return tuple(_compared(name, both, drawn[name], challenger, champion) for name, both in points.items())


def _compared(
    name: str, values: tuple[float, float], drawn: Array, challenger: Paired, champion: Paired
) -> Comparison:
    value, spread = values[0] - values[1], float(np.nanstd(drawn, ddof=1))
    test, p_value = second_test(name, challenger, champion, value, spread)
    return Comparison(
        metric=name,
        challenger=values[0],
        champion=values[1],
        difference=Figure(
            name=f"difference:{name}",
            value=value,
            rows=challenger.rows,
            interval=interval(drawn, users=challenger.users),
        ),
        spread=spread,
        test=test,
        p_value=p_value,
        sample=counted(challenger.rows, challenger.users),
        users=0 if challenger.users is None else challenger.independent,
    )


def second_test(
    name: str, challenger: Paired, champion: Paired, value: float, spread: float
) -> tuple[str, float]:
    """Return the test that goes with the metric and its p value; `spread` is the standard error of `value`."""
    first, second, users = challenger.probabilities, champion.probabilities, challenger.users
    by = "" if users is None else " by user"
    by_rank = name in ("roc_auc", "roc_auc_ovr") and "two classes" in challenger.traits
    if by_rank and first is not None and second is not None:
        return f"DeLong's test{by}", delong(challenger.truth == 1, first[:, 1], second[:, 1], users)
    if name == "accuracy":
        right = challenger.labels == challenger.truth, champion.labels == champion.truth
        return f"McNemar's test{by}", mcnemar(*right, users)
    if not spread > 0:
        return f"Student's t test{by}", 0.0 if value and spread == 0 else 1.0
    freedom = max(1, challenger.independent - 1)
    return f"Student's t test{by}", float(2 * t.sf(abs(value) / spread, df=freedom))
