"""The reference of quality: the figure at release, or what a version's own first answers reached."""

from __future__ import annotations

from dataclasses import dataclass

from trunkline.core.errors import NotFoundError
from trunkline.core.policy.monitors.performance import PerformanceMonitor
from trunkline.measure.metrics import Metric
from trunkline.measure.quality import measure_quality
from trunkline.predictions import Prediction
from trunkline.predictions.labelled import label_answers
from trunkline.tasks import task_of

from .evidence import Evidence


@dataclass(frozen=True)
class Reference:
    """What a metric is compared with.

    `least` is the value that counts: of few answers, which may have been lucky, the low end of their interval.
    """

    value: float
    least: float
    rows: int
    words: str
    """When it was measured, as the end of a sentence about it."""


def reference_of(
    evidence: Evidence, settings: PerformanceMonitor, metric: Metric
) -> tuple[Reference | None, tuple[Prediction, ...]]:
    """Return what to compare with, and the answers that are; None until something is told of the first answers.

    Raises NotFoundError when the metric was not measured at release, DataError and ValueError as `label_answers` and
    `measure_quality` do.
    """
    released = evidence.figures.get(settings.metric)
    if settings.reference == "release":
        if released is None:
            raise not_measured(settings)
        return Reference(released.value, released.value, released.rows, "at release"), evidence.labelled
    told = any(evidence.truth.get(answer.id) for answer in evidence.beginning)
    if len(evidence.beginning) < evidence.policy.window_rows or not told:
        return None, evidence.labelled
    contract = evidence.contract
    first = label_answers(
        evidence.beginning,
        evidence.truth,
        contract,
        task_of(contract),
        # All of them count already: the log was asked for those alone.
        before=evidence.now if task_of(contract).silence else None,
    )
    figure = measure_quality(first.paired, metric)
    least = figure.interval.low if figure.interval else figure.value
    known = {answer.id for answer in evidence.beginning}
    later = tuple(answer for answer in evidence.labelled if answer.id not in known)
    return Reference(figure.value, least, figure.rows, "of its first answers"), later


def not_measured(settings: PerformanceMonitor) -> NotFoundError:
    """Return that nothing is known of the metric at release."""
    return NotFoundError(
        f"The champion was not measured by {settings.metric} when it was released.",
        next_step="correct monitoring.performance.metric in trunkline.yaml, or release again",
    )
