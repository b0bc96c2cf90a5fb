"""Metrics: what judges answers by their truth, under one protocol; higher is better for all.

A metric gives a `Statistic` of the rows: either one value a row and how to aggregate their sums, or a function of all
rows. So whoever asks it - the search, a gate, a monitor, the evidence of a rollout - draws units and builds intervals
in the same way. Here are those in numpy, which run wherever a model is watched, and the project's own;
`scorers` adds scikit-learn's others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from trunkline.core.errors import ProjectError

from .bootstrap import Statistic
from .own_metric import OwnMetric
from .paired import Array, Paired
from .project_metric import value_of, value_of_mean
from .sums import mean
from .weighted import NAMES, statistic

Function = Callable[..., float]
"""What a project defines: a function of truth, answers and probability of the positive class (or None)."""

LOOPED = 200
"""Resamples of a metric that is a function of rows, which is asked resample by resample."""


class Metric(Protocol):
    """What all metrics are."""

    @property
    def name(self) -> str:
        """Return the name that a policy calls it by."""

    def value(self, paired: Paired) -> float:
        """Return the metric on these rows, NaN where it is undefined.

        Raises ProjectError when the project's function raises, returns no number, or returns a sum.
        """

    def statistic(self, paired: Paired) -> Statistic:
        """Return the metric as a function of row counts."""


@dataclass(frozen=True)
class LightMetric:
    """A metric in numpy, under the name of scikit-learn's scorer."""

    name: str

    def value(self, paired: Paired) -> float:
        """Return the metric on these rows, NaN where it is undefined."""
        found = statistic(self.name, paired, exact=True)
        return float("nan") if found is None else float(found(np.ones((1, paired.rows)))[0])

    def statistic(self, paired: Paired) -> Statistic:
        """Return the metric as a function of sums over rows."""
        return statistic(self.name, paired) or Statistic(lambda counts: np.full(len(counts), np.nan))


@dataclass(frozen=True)
class RowMetric:
    """A metric of a task's own: the mean of one value a row, a number for all rows, or a function of row counts."""

    name: str
    values: OwnMetric

    def value(self, paired: Paired) -> float:
        """Return the mean over these rows, NaN where there are none."""
        if not paired.rows:
            return float("nan")
        found = self.values(paired)
        if callable(found):
            return float(found(np.ones((1, paired.rows)))[0])
        return float(np.mean(found))

    def statistic(self, paired: Paired) -> Statistic:
        """Return the mean as a function of sums over rows; a number for all is asked resample by resample."""
        values = self.values(paired)
        if callable(values):
            return Statistic(values)
        found = np.asarray(values)
        return mean(found) if found.ndim else looped(paired, self.value)


@dataclass(frozen=True)
class ProjectMetric:
    """A metric of the project's own, on truth, answers and the probability of the positive class."""

    name: str
    function: Callable[..., float]

    def value(self, paired: Paired) -> float:
        """Return what the function says of these rows."""
        return value_of_mean(self.name, self.function, paired)

    def statistic(self, paired: Paired) -> Statistic:
        """Return the function, asked resample by resample."""
        return looped(paired, lambda drawn: value_of(self.name, self.function, drawn))


def looped(paired: Paired, value: Callable[[Paired], float]) -> Statistic:
    """Return a function of rows as one of row counts; NaN where the project's raises."""

    def one(counts: Array) -> float:
        try:
            return value(paired.take(np.repeat(np.arange(paired.rows), counts.astype(np.int64))))
        except ProjectError:
            return float("nan")

    return Statistic(lambda counts: np.array([one(row) for row in counts]), most=LOOPED)


Metrics = Mapping[str, Function | RowMetric]
"""The metrics by name that are not everybody's: those of a project, and those of its task."""


def row_metrics(functions: Mapping[str, OwnMetric]) -> Metrics:
    """Return a task's own metrics."""
    return {name: RowMetric(name, function) for name, function in functions.items()}


def light_metric(name: str, metrics: Metrics) -> Metric | None:
    """Return the metric of this name that needs numpy only or is the project's own, None where there is none."""
    if name in metrics:
        found = metrics[name]
        return found if isinstance(found, RowMetric) else ProjectMetric(name, found)
    return LightMetric(name) if name in NAMES else None


def tells(metric: Metric, paired: Paired) -> bool:
    """Whether some answers to these rows are better than others by it: of a single outcome it may know none."""
    if isinstance(metric, ProjectMetric) or not paired.only:
        return True
    right = metric.value(paired.answered(paired.truth))
    wrong = metric.value(paired.answered((paired.truth + 1) % len(paired.classes)))
    return bool(np.isfinite(right) and right > wrong)
