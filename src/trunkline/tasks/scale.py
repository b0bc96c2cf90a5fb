"""The baseline: a model that ignores its inputs, and the scale that its error gives to others."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trunkline.core.figures import Figure
from trunkline.core.record import Record
from trunkline.measure.metrics import Metric, ProjectMetric, RowMetric
from trunkline.measure.paired import Paired
from trunkline.measure.wording import number

from .found import task_of

_WITHOUT_BOUND = {"positive_likelihood_ratio"}


class Scale(Record):
    """What a limit on the change of a metric is a share of: `size` in the metric's unit, `of` in words (or empty)."""

    size: float = 1.0
    of: str = ""

    def words(self, share: float) -> str:
        """Return what a share of it is, ` (0.020 of the error of ...)`; empty where a share is a difference."""
        return f" ({number(share)} of {self.of})" if self.of and share <= 1 else ""

    def amount(self, margin: float) -> float:
        """Return a margin in the metric's unit; one above 1 is no share, it is in that unit already."""
        return margin * self.size if margin <= 1 else margin

    def shared(self, figure: Figure, name: str) -> Figure:
        """Return a figure, in the metric's unit, as a share of it under another name."""
        span = figure.interval
        if span is not None:
            span = span.model_copy(update={"low": span.low / self.size, "high": span.high / self.size})
        return Figure(name=name, value=figure.value / self.size, rows=figure.rows, interval=span)


AS_IT_IS = Scale()
ROUNDING = 1e-9


def unbeatable(metric: Metric, paired: Paired, baseline: float) -> bool:
    """Whether no answers to these rows have a greater value than such a model's, as none have more recall than Yes."""
    best = metric.value(task_of(paired).ideal(paired))
    return bool(np.isfinite(best) and baseline >= best - ROUNDING * max(1.0, abs(best)))


def scale_of(metric: Metric, paired: Paired, values: Sequence[float]) -> Scale:
    """Return what a change of the metric on these rows is measured by; `values` are those that are compared.

    Scores whose best is 1 (AUC, accuracy, R2) are measured as they are. Errors (`neg_...`) have the unit of the
    outcome, or its rarity, in them: as a share of the error of a model that ignores its inputs, as a skill score is
    (Murphy 1988, Skill scores based on the mean square error, Monthly Weather Review 116). Nothing is known of the
    project's own metric: as a share of the greatest of `values`.
    """
    if not isinstance(metric, ProjectMetric | RowMetric) and metric.name not in _WITHOUT_BOUND:
        if not metric.name.startswith("neg_"):
            return AS_IT_IS
        error = abs(metric.value(task_of(paired).baseline(paired, paired)))
        if np.isfinite(error) and error > 0:
            return Scale(size=error, of="the error of a model that ignores its inputs")
    greatest = max(abs(value) for value in values)
    return Scale(size=greatest, of="the greater of the two values") if greatest > 0 else AS_IT_IS
