"""The latency of a service under load: its percentiles against the limits of the policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trunkline.core.figures import Figure
from trunkline.core.gate import Gate
from trunkline.core.policy.gates import LoadGates
from trunkline.core.verdicts import Verdict
from trunkline.measure.multiplicity import shared_level
from trunkline.measure.percentiles import Percentile, percentile, rows_needed
from trunkline.measure.wording import between, number

from ..load.measurement import SATURATED_ADVICE, Load, LoadCase

PERCENTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


class Latency(Gate[LoadCase]):
    """Locust sends requests at the policy's rate to the real service; the percentiles of the answer times after
    the warm-up, counted from the moment at which a request was due. Intervals come from order statistics,
    widened because answers near in time resemble each other, and hold for all limits at once (Bonferroni).

    Pass: Every percentile with a limit is within it.
    Fail: One is not, with its whole interval, even when the generator's own lateness is taken off.
    Inconclusive: Only the point is beyond the limit, which does not stop a release. What does: too few
    requests; or the whole interval is beyond it, but the generator was late or took nearly a whole core, so
    that it is not known who was slow (a service that takes the machine for itself makes the generator late).
    Advice: `trunkline train` says whether the model runs as ONNX (well below a millisecond a row) or in Python
    (ten times longer and more). A smaller model, features that ONNX knows, or more instances help; else raise
    the limit.
    Source: Hahn and Meeker (1991), Statistical Intervals, section 5.2; Heidelberger and Lewis (1984),
    Operations Research 32.
    """

    name = "load/latency"
    question = "Does the service answer fast enough at the arrival rate that is asked for?"
    keys = (
        "gates.load.rate",
        "gates.load.seconds",
        "gates.load.warm_up_s",
        "gates.load.latency_p50_ms",
        "gates.load.latency_p95_ms",
        "gates.load.latency_p99_ms",
    )

    def applies(self, case: LoadCase) -> bool:
        return bool(_limits(case.rules))

    def verdict(self, case: LoadCase) -> Verdict:
        """Answer about the percentiles with a limit in milliseconds.

        Where the generator was late itself, by more than what lies between the interval and the limit, it is not known
        who was slow; that stops a release, for a service that takes the machine for itself makes a generator late.
        """
        load, limits = case.load, _limits(case.rules)
        if not len(load.latency_ms):
            return self.answer(
                "inconclusive",
                "Every request failed, so there is no latency to look at.",
                threshold=next(iter(limits.values())),
                advice="Look at load/errors first.",
            )
        level = shared_level(len(limits))
        found = {name: percentile(load.latency_ms, share, level=level) for name, share in PERCENTILES.items()}
        answers = [_answer(name, limit, found[name], load, level) for name, limit in limits.items()]
        decisive = max(answers, key=lambda answer: (answer.weight, found[answer.name].value / answer.limit))
        return self.answer(
            {PASS: "pass", FAIL: "fail"}.get(decisive.weight, "inconclusive"),  # type: ignore[arg-type]
            " ".join([*(answer.words for answer in answers), *_remarks(list(found.values()), load)]),
            figures=(
                Figure(name=f"latency_{name}_ms", value=each.value, rows=each.rows, interval=each.interval)
                for name, each in found.items()
            ),
            threshold=decisive.limit,
            blocking=decisive.weight != NEAR,
            advice=ADVICE.get(decisive.weight),
        )


def _limits(rules: LoadGates) -> dict[str, float]:
    return {
        name: limit for name in PERCENTILES if (limit := getattr(rules, f"latency_{name}_ms")) is not None
    }


@dataclass(frozen=True)
class _Answer:
    """What is said of one percentile; a higher `weight` decides."""

    name: str
    limit: float
    weight: int
    words: str


PASS, NEAR, FEW, LATE, SATURATED, FAIL = range(6)
ADVICE = {
    PASS: "",
    NEAR: "Run it again on a quiet machine, or raise gates.load.seconds.",
    FEW: "Raise gates.load.seconds or gates.load.rate.",
    LATE: "A service that takes the whole machine makes the generator late too: load it from another machine with "
    "--host, or stop what else runs on this one, and run it again.",
    SATURATED: SATURATED_ADVICE,
}


def _answer(name: str, limit: float, found: Percentile, load: Load, level: float) -> _Answer:
    span = f"{between(found.interval)}, {found.rows:,} answers"
    said = f"{name} is {number(found.value)} ms ({span}), limit {limit:g} ms."
    late = float(np.quantile(load.late_ms, PERCENTILES[name])) if len(load.late_ms) else 0.0
    needed = rows_needed(PERCENTILES[name], level=level)
    if found.value > limit and found.interval is not None and found.interval.low > limit:
        if load.saturated:
            return _Answer(name, limit, SATURATED, f"{said} But {load.bottleneck}, and may be slow itself.")
        if found.interval.low - late > limit:
            return _Answer(name, limit, FAIL, said)
        own = f" But locust itself was {number(late)} ms late at {name}: this machine was too busy to tell."
        return _Answer(name, limit, LATE, said + own)
    if found.rows < needed:
        return _Answer(name, limit, FEW, f"{said} At least {needed:,} answers are needed for {name}.")
    if found.value > limit:
        return _Answer(name, limit, NEAR, f"{said} The limit lies within the interval.")
    return _Answer(name, limit, PASS, said)


def _remarks(found: Sequence[Percentile], load: Load) -> list[str]:
    rows, said = len(load.latency_ms), []
    if load.unanswered:
        said.append(
            f"{load.unanswered:,} requests were never answered and count with the time that they waited."
        )
    least = min(each.independent for each in found)
    if least < 0.5 * rows:
        said.append(
            f"Slow answers came close together: {rows:,} are worth about {least:,.0f} independent ones."
        )
    return said
