"""Comparison: two models on the same rows, by the paired bootstrap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from trunkline.core.errors import DataError
from trunkline.core.gates import PerformanceGates
from trunkline.core.records import Figure, Verdict

from .bootstrap import LEVEL, draw, interval
from .metrics import Metrics, find_metric
from .scored import Paired
from .wording import between, number


@dataclass(frozen=True)
class Comparison:
    """A metric of both models, their difference (challenger less champion) and its standard error."""

    metric: str
    challenger: float
    champion: float
    difference: Figure
    spread: float

    def rows_to_decide(self, margin: float) -> int | None:
        """Return on how many rows the interval would leave `-margin`, if the difference stays what it is.

        The width of an interval falls with the square root of the rows. None where more than ten million are needed.
        """
        distance = abs(self.difference.value + margin)
        reach = float(norm.ppf((1 + LEVEL) / 2)) * self.spread
        if distance == 0 or reach / distance > math.sqrt(1e7 / self.difference.rows):
            return None
        return max(self.difference.rows + 1, math.ceil(self.difference.rows * (reach / distance) ** 2))


def compare(
    challenger: Paired,
    champion: Paired,
    names: Sequence[str],
    metrics: Metrics,
    resamples: int,
    seed: int,
) -> tuple[Comparison, ...]:
    """Return the comparison by each metric that has a value for both models, on the same resamples of the same rows.

    Raises DataError when the rows differ.
    """
    if challenger.rows != champion.rows or challenger.classes != champion.classes:
        raise DataError(
            "The two models did not answer the same rows.", next_step="answer the test part with both"
        )
    if not np.array_equal(challenger.truth, champion.truth):
        raise DataError(
            "The two models' rows have different outcomes.", next_step="keep the rows in their order"
        )
    found = {name: find_metric(name, metrics) for name in names}
    points = {name: (metric.value(challenger), metric.value(champion)) for name, metric in found.items()}
    points = {name: both for name, both in points.items() if np.isfinite(both).all()}
    drawn = draw(
        {name: found[name].statistic(challenger).minus(found[name].statistic(champion)) for name in points},
        rows=challenger.rows,
        resamples=resamples,
        seed=seed,
    )
    return tuple(
        Comparison(
            metric=name,
            challenger=first,
            champion=second,
            difference=Figure(
                name=f"difference:{name}",
                value=first - second,
                rows=challenger.rows,
                interval=interval(drawn[name]),
            ),
            spread=float(np.nanstd(drawn[name], ddof=1)),
        )
        for name, (first, second) in points.items()
    )


def champion_verdict(
    found: Comparison | None, others: Sequence[Comparison], policy: PerformanceGates, *, problem: str = ""
) -> Verdict:
    """Answer whether the challenger is worse than the champion by no more than the margin (non-inferiority).

    Pass: the whole interval of the difference lies above `-margin`; "better" is said only where it lies above zero.
    Fail: it lies below. Inconclusive: it straddles `-margin`; that stops a release only where the difference itself
    is below, so that a team with few test rows is told, not held up. `problem` says why there is no comparison.
    """
    gate, margin = "performance/champion", policy.margin
    question = f"Is {policy.metric} at most {number(margin)} lower than the champion's, on the same rows?"
    if found is None or found.difference.interval is None:
        return Verdict(
            gate=gate,
            outcome="inconclusive",
            question=question,
            threshold=-margin,
            reason=problem or f"{policy.metric} has no value for both models on these rows.",
            advice="Give the test part more rows of every outcome.",
        )
    difference, span = found.difference, found.difference.interval
    figures = (difference, *(other.difference for other in others if other.metric != found.metric))
    facts = (
        f"{policy.metric} {number(found.challenger)} against the champion's {number(found.champion)}, difference "
        f"{number(difference.value)} ({between(span)}, {difference.rows:,} rows, margin {number(margin)})."
    )
    if span.low >= -margin:
        kind = "better" if span.low > 0 else "worse, but within the margin" if span.high < 0 else "not worse"
        return Verdict(
            gate=gate,
            outcome="pass",
            question=question,
            threshold=-margin,
            figures=figures,
            reason=f"The challenger is {kind}: {facts}",
        )
    if span.high < -margin:
        return Verdict(
            gate=gate,
            outcome="fail",
            question=question,
            threshold=-margin,
            figures=figures,
            reason=f"The challenger is worse by more than the margin: {facts}",
            advice="Keep the champion; compare settings, features and training rows of the two.",
        )
    needed = found.rows_to_decide(margin)
    rows = f"about {needed:,} test rows" if needed else "more test rows than are worth waiting for"
    return Verdict(
        gate=gate,
        outcome="inconclusive",
        question=question,
        threshold=-margin,
        figures=figures,
        blocking=difference.value < -margin,
        reason=f"These rows cannot tell whether the challenger is worse: {facts} "
        f"If the difference stays what it is, {rows} would decide it.",
        advice="Let it run silent beside the champion and judge it on the traffic, or gather more test rows.",
    )
