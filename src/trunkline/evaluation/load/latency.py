"""The latency of a service under load: its percentiles against the limits of the policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from trunkline.core.figures import Figure
from trunkline.core.policy.gates import LoadGates
from trunkline.core.verdicts import Verdict
from trunkline.measure.multiplicity import shared_level
from trunkline.measure.wording import between, number

from .measurement import SATURATED_ADVICE, Load
from .percentiles import Percentile, percentile, rows_needed

PERCENTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


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
    FAIL: "Find out what takes long: `trunkline train` says whether the model runs as ONNX (one row takes well below "
    "a millisecond there) or in Python (ten times longer and more). A smaller model, features that ONNX knows, or "
    "more instances help; else raise the limit.",
}


def latency_verdict(load: Load, rules: LoadGates, limits: Mapping[str, float]) -> Verdict:
    """Return the verdict on the percentiles with a limit in milliseconds, by their names (`p95`).

    Where the generator was late itself, by more than what lies between the interval and the limit, it is not known who
    was slow; that stops a release, for a service that takes the machine for itself is what makes a generator late.
    """
    question = "Does the service answer quickly enough at {:g} requests a second: {}?".format(
        rules.rate, ", ".join(f"{name} within {limit:g} ms" for name, limit in limits.items())
    )
    if not len(load.latency_ms):
        return Verdict(
            gate="load/latency",
            outcome="inconclusive",
            question=question,
            reason="Every request failed, so there is no latency to look at.",
            threshold=next(iter(limits.values())),
            advice="Look at load/errors first.",
        )
    level = shared_level(len(limits))
    found = {name: percentile(load.latency_ms, share, level=level) for name, share in PERCENTILES.items()}
    answers = [_answer(name, limit, found[name], load, level) for name, limit in limits.items()]
    decisive = max(answers, key=lambda answer: (answer.weight, found[answer.name].value / answer.limit))
    return Verdict(
        gate="load/latency",
        outcome={PASS: "pass", FAIL: "fail"}.get(decisive.weight, "inconclusive"),
        question=question,
        reason=" ".join([*(answer.words for answer in answers), *_remarks(list(found.values()), load)]),
        figures=tuple(
            Figure(name=f"latency_{name}_ms", value=each.value, rows=each.rows, interval=each.interval)
            for name, each in found.items()
        ),
        threshold=decisive.limit,
        blocking=decisive.weight != NEAR,
        advice=ADVICE[decisive.weight],
    )


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
