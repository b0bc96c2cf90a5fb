"""The performance monitor: is the champion still as good as it was at release?"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime

from trunkline.core.contract import Contract
from trunkline.core.errors import DataError
from trunkline.core.figures import Figure
from trunkline.core.policy.monitoring import Monitoring
from trunkline.core.signals import Finding, Signal
from trunkline.measure.metrics import Metric, ignoring_inputs
from trunkline.measure.quality import measure_quality
from trunkline.measure.users import counted
from trunkline.measure.wording import between, count
from trunkline.predictions import GroundTruth, Prediction
from trunkline.predictions.labelled import Labelled, label_answers
from trunkline.tasks import task_of

from .signals import write_signal

MOST = 1_000_000
"""More outcomes than anybody waits for."""


def watch_performance(
    answers: Sequence[Prediction],
    truth: Mapping[str, GroundTruth],
    reference: Figure,
    contract: Contract,
    policy: Monitoring,
    metric: Metric,
    *,
    environment: str,
    now: datetime,
    bundle: str = "",
) -> Signal:
    """Return whether the metric has fallen since `reference` was measured at release.

    Looks at the newest `policy.window_rows` answers of `bundle` (the champion's digest; empty takes all) whose
    outcome is known. An alarm needs the whole bootstrap interval below the reference less the margin, quiet needs
    it above; an interval that holds that floor is inconclusive, and the summary says how many outcomes would decide.
    An alarm is critical when the model is no better than one that ignores its inputs. Too few such answers, one class
    only, outcomes that break the contract, and a metric without a value are inconclusive.
    """
    try:
        labelled = label_answers(
            answers, truth, contract, task_of(contract), bundle=bundle, newest=policy.window_rows
        )
    except DataError as error:
        summary = f"The quality cannot be measured. {error}"
        return write_signal("performance", environment, "inconclusive", summary, rows=0, now=now)
    rows, name, paired = len(labelled), reference.name, labelled.paired
    if trouble := _too_little(labelled, policy):
        return write_signal("performance", environment, "inconclusive", trouble, rows=rows, now=now)
    try:
        figure = measure_quality(paired, metric)
    except ValueError as error:
        summary = f"{name} cannot be measured: {error}."
        return write_signal("performance", environment, "inconclusive", summary, rows=rows, now=now)
    floor = reference.value - policy.performance.margin
    interval = figure.interval
    fallen = interval is not None and interval.high < floor
    words = f"{name} is {figure.value:.3f}" + (f" ({between(interval)})" if interval else "")
    known = counted(rows, paired.users, "answers")
    words += f" on the newest {known} whose outcome is known; at release it was {reference.value:.3f}"
    finding = Finding(
        subject=name,
        measure="quality",
        value=figure.value,
        threshold=floor,
        interval=interval,
        detail=f"{reference.value:.3f} at release on {count(reference.rows, 'row')}, now on {known}",
    )
    if interval is None or (not fallen and interval.low < floor):
        summary = (
            f"{words}. Whether it fell below {floor:.3f} is not decided{_enough(figure, floor, policy)}."
        )
        return write_signal(
            "performance", environment, "inconclusive", summary, rows=rows, now=now, lead=finding
        )
    if not fallen:
        summary = f"{words}. It did not fall below {floor:.3f}."
        return write_signal("performance", environment, "quiet", summary, rows=rows, now=now, lead=finding)
    ignorant = metric.value(ignoring_inputs(paired, paired))
    useless = figure.value <= ignorant
    words += f", and down to {floor:.3f} is tolerated."
    if useless:
        words += f" A model that ignores its inputs reaches {ignorant:.3f}."
    return write_signal(
        "performance",
        environment,
        "alarm",
        words,
        rows=rows,
        now=now,
        findings=(finding,),
        critical=useless,
    )


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
    if labelled.paired.one_class:
        only = labelled.paired.classes[int(labelled.paired.truth[0])]
        return f"All {count(rows, 'outcome')} known so far are {only}; quality needs both kinds."
    return ""
