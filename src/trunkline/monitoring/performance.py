"""The performance monitor: is the champion still as good as it was at release?"""

from __future__ import annotations

import math

from trunkline.core.errors import DataError
from trunkline.core.figures import Figure
from trunkline.core.policy.monitoring import Monitoring
from trunkline.core.policy.monitors.performance import PerformanceMonitor
from trunkline.core.signals import Finding
from trunkline.measure.quality import measure_quality
from trunkline.measure.users import counted
from trunkline.measure.wording import between, count, number
from trunkline.predictions.labelled import Labelled, label_answers
from trunkline.tasks import silent_before, task_of
from trunkline.tasks.scale import scale_of

from .evidence import Evidence
from .monitor import Monitor, Seen
from .reference import not_measured, reference_of

MOST = 1_000_000
"""More outcomes than anybody waits for."""


class Performance(Monitor[PerformanceMonitor]):
    """The metric is measured on the champion's newest answers whose outcome is known.

    An alarm needs the whole bootstrap interval below the figure at release less the margin, quiet needs it above; an
    interval that holds that floor is inconclusive, and the summary says how many outcomes would decide. For errors
    (`neg_...`) the margin is a share of the error of a model that ignores its inputs, on these answers. An alarm is
    critical when the model is no better than one that ignores its inputs. Too few such answers, one class only,
    outcomes that break the contract, and a metric without a value are inconclusive.
    """

    kind = "performance"
    question = "Is the champion still as good as it was at release?"
    section = PerformanceMonitor
    advice = (
        "Read the retraining pull request if there is one: it compares champion and challenger.",
        "If there is none, run `trunkline retrain {environment}`.",
        "If the fall began with a release, take it back: `git revert -m 1 <merge commit>` in a pull request.",
    )

    def look(self, evidence: Evidence) -> Seen:
        """Raise NotFoundError when the metric was not measured at release."""
        metric, policy, contract = evidence.metric, evidence.policy, evidence.contract
        if metric is None:
            raise not_measured(self.settings)
        try:
            reference, answers = reference_of(evidence, self.settings, metric)
            labelled = label_answers(
                answers,
                evidence.truth,
                contract,
                task_of(contract),
                bundle=evidence.bundle,
                newest=policy.window_rows,
                before=silent_before(contract, evidence.now, policy.silence_hours),
            )
        except DataError as error:
            return Seen("inconclusive", f"The quality cannot be measured. {error}", 0)
        rows, name, paired = len(labelled), self.settings.metric, labelled.paired
        if trouble := _too_little(labelled, policy):
            return Seen("inconclusive", trouble, rows)
        try:
            figure = measure_quality(paired, metric)
        except ValueError as error:
            return Seen("inconclusive", f"{name} cannot be measured: {error}.", rows)
        interval = figure.interval
        words = f"{name} is {figure.value:.3f}" + (f" ({between(interval)})" if interval else "")
        known = counted(rows, paired.users, "answers")
        words += f" on the newest {known} whose outcome is known"
        if reference is None:
            words += f". It is compared once something is told of the first {policy.window_rows:,} answers."
            return Seen("inconclusive", words, rows)
        scale = scale_of(metric, paired, (reference.value, figure.value))
        margin = scale.amount(self.settings.margin)
        floor = reference.least - margin
        words += f"; {reference.words} it was {reference.value:.3f}"
        if scale.of:
            words += f"; the margin is {number(margin)}{scale.words(self.settings.margin)}"
        finding = Finding(
            subject=name,
            measure="quality",
            value=figure.value,
            threshold=floor,
            interval=interval,
            detail=f"{reference.value:.3f} {reference.words} on {count(reference.rows, 'row')}, now on {known}",
        )
        if interval is None or interval.low < floor <= interval.high:
            words += f". Whether it fell below {floor:.3f} is not decided{_enough(figure, floor, policy)}."
            return Seen("inconclusive", words, rows, lead=finding)
        if interval.high >= floor:
            return Seen("quiet", f"{words}. It did not fall below {floor:.3f}.", rows, lead=finding)
        ignorant = metric.value(task_of(paired).baseline(paired, paired))
        useless = figure.value <= ignorant
        words += f", and down to {floor:.3f} is tolerated."
        if useless:
            words += f" A model that ignores its inputs reaches {ignorant:.3f}."
        return Seen("alarm", words, rows, (finding,), critical=useless)


def _enough(figure: Figure, floor: float, policy: Monitoring) -> str:
    """Return how many outcomes would decide, if the figure stays and its interval narrows with their square root."""
    if figure.interval is None:
        return ""
    side = figure.interval.low if figure.value >= floor else figure.interval.high
    gap = abs(figure.value - floor)
    if gap * math.sqrt(MOST) < abs(side - figure.value) * math.sqrt(figure.rows):
        return f": it lies so near that not even {MOST:,} outcomes would decide"
    rows = math.ceil(figure.rows * ((figure.value - side) / gap) ** 2)
    words = f": about {float(f'{rows:.2g}'):,.0f} outcomes would decide, if it stays as it is"
    short = f"; monitoring.window_rows is {policy.window_rows:,}" if rows > policy.window_rows else ""
    return words + short


def _too_little(labelled: Labelled, policy: Monitoring) -> str:
    rows = len(labelled)
    if rows < policy.minimum_rows:
        return (
            f"{count(rows, 'answer')} with a known outcome so far; {policy.minimum_rows} are needed to judge "
            "the quality."
        )
    if only := labelled.paired.only:
        return f"All {count(rows, 'outcome')} known so far are {only}; quality needs both kinds."
    return ""
