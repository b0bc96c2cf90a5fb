"""The service under load: from what was measured to the verdicts on its rate, its errors and its latency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from trunkline.core.gates import LoadGates
from trunkline.core.intervals import wilson
from trunkline.core.records import Figure, Verdict

from .percentiles import Percentile, percentile, rows_needed
from .scored import Array
from .wording import between, number

LEAST_RATE = 0.9
"""The share of the wanted requests that must have been sent in time for the load to be the one asked for."""
BUSY = 0.9
"""The share of a core above which the generator is the bottleneck; locust warns at the same figure."""
FEWEST = 30
"""Requests below which a share of failures says nothing."""
PERCENTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True)
class Load:
    """What was measured, warm-up excluded.

    `latency_ms` holds, in the order of their turns, the good answers, each counted from the moment at which its request
    was due while every simulated user was waiting (Tene's coordinated omission), else from when it was sent; and what
    was never answered with the time that it waited, for a service does not become quick by not answering.
    `late_ms` is how late the generator itself was, a request; `cpu` is the share of a core that it took.
    """

    seconds: float
    due: int
    """Requests that were to be sent."""
    sent: int
    """Of these, the ones that were sent before the measured time was over."""
    answered: int
    """Good answers."""
    latency_ms: Array
    failures: Mapping[str, int] = field(default_factory=dict)
    """What went wrong, to how often; what was never answered is among them."""
    late_ms: Array = field(default_factory=lambda: np.zeros(0))
    cpu: float = 0.0
    users: int = 0
    died: str = ""
    """The last words of a service that ended under load; empty for one that lives."""


def load_verdicts(load: Load, rules: LoadGates) -> tuple[Verdict, ...]:
    """Return the verdicts on rate, errors and, where a limit is set, latency."""
    limits = {
        name: limit for name in PERCENTILES if (limit := getattr(rules, f"latency_{name}_ms")) is not None
    }
    verdicts = [_rate(load, rules), _errors(load, rules)]
    return (*verdicts, _latency(load, rules, limits)) if limits else tuple(verdicts)


def _rate(load: Load, rules: LoadGates) -> Verdict:
    share = load.sent / load.due if load.due else 0.0
    rate = share * rules.rate
    figures = (
        Figure(name="requests_per_second", value=rate, rows=load.sent),
        Figure(name="generator_cpu", value=load.cpu, rows=load.sent),
    )
    said = (
        f"{load.sent:,} of {load.due:,} requests were sent within {load.seconds:g} s: {number(rate)} a second, "
        f"and {rules.rate:g} were asked for."
    )
    question = f"Did {rules.rate:g} requests a second arrive?"
    threshold = LEAST_RATE * rules.rate
    if share >= LEAST_RATE:
        return Verdict(
            gate="load/rate",
            outcome="pass",
            question=question,
            reason=said,
            figures=figures,
            threshold=threshold,
        )
    if load.cpu > BUSY:
        return Verdict(
            gate="load/rate",
            outcome="inconclusive",
            question=question,
            reason=f"{said} The generator was the bottleneck: locust took {load.cpu:.0%} of a core.",
            figures=figures,
            threshold=threshold,
            advice="Lower gates.load.rate, make the locustfile's tasks cheaper (FastHttpUser), or load the service "
            "from another machine with --host.",
        )
    return Verdict(
        gate="load/rate",
        outcome="fail",
        question=question,
        reason=f"{said} The service was the bottleneck: all {load.users:,} simulated users waited for its answers, "
        f"and locust took {load.cpu:.0%} of a core.",
        figures=figures,
        threshold=threshold,
        advice="Look at load/latency and load/errors first. Then make the model cheaper (fewer trees, a candidate that "
        "exports to ONNX), run more instances, or ask for a lower gates.load.rate. A task of the locustfile "
        "that sends no request lowers the rate too.",
    )


def _errors(load: Load, rules: LoadGates) -> Verdict:
    failed = sum(load.failures.values())
    total = failed + load.answered
    share = failed / total if total else 0.0
    span = wilson(failed, total)
    figure = Figure(name="error_rate", value=share, rows=total, interval=span)
    worst = sorted(load.failures.items(), key=lambda item: (-item[1], item[0]))[:3]
    kinds = f" Most often: {'; '.join(f'{kind} ({count:,})' for kind, count in worst)}." if worst else ""
    died = f" The service ended under load: {load.died}." if load.died else ""
    said = f"{failed:,} of {total:,} requests failed, {number(share)} ({between(span)}).{kinds}{died}"
    limit = rules.error_rate
    needed = max(FEWEST, round(1 / limit)) if limit else FEWEST
    blocking = True
    if load.died or span.low > limit:
        outcome = "fail"
        advice = (
            "Read what the service wrote (load.log beside the evaluation), or reproduce it by hand: `trunkline serve`, "
            "then one of the locustfile's requests. A 422 means that these are rows that the contract forbids."
        )
    elif total < needed:
        outcome = "inconclusive"
        said += f" At least {needed:,} are needed to see a share of {limit:g}."
        advice = "Raise gates.load.seconds or gates.load.rate."
    elif share > limit:
        outcome, blocking = "inconclusive", False
        said += f" The limit {limit:g} lies within the interval."
        advice = "Look at the failures; raise gates.load.seconds to be sure."
    else:
        outcome, advice = "pass", ""
    return Verdict(
        gate="load/errors",
        outcome=outcome,
        question=f"Do at most {limit:g} of the requests fail?",
        reason=said,
        figures=(figure,),
        threshold=limit,
        blocking=blocking,
        advice=advice,
    )


@dataclass(frozen=True)
class _Answer:
    """What is said of one percentile; a higher `weight` decides."""

    name: str
    limit: float
    weight: int
    words: str


PASS, NEAR, FEW, FAIL = range(4)
ADVICE = {
    PASS: "",
    NEAR: "Run it again on a quiet machine, or raise gates.load.seconds.",
    FEW: "Raise gates.load.seconds or gates.load.rate.",
    FAIL: "Find out what takes long: `trunkline train` says whether the model runs as ONNX (one row takes well below "
    "a millisecond there) or in Python (ten times longer and more). A smaller model, features that ONNX knows, or "
    "more instances help; else raise the limit.",
}


def _latency(load: Load, rules: LoadGates, limits: Mapping[str, float]) -> Verdict:
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
    # Several limits are asked about at once (Bonferroni).
    level = 1 - 0.05 / len(limits)
    found = {name: percentile(load.latency_ms, share, level=level) for name, share in PERCENTILES.items()}
    answers = [_answer(name, limit, found[name], load, level) for name, limit in limits.items()]
    decisive = max(answers, key=lambda answer: (answer.weight, found[answer.name].value / answer.limit))
    return Verdict(
        gate="load/latency",
        outcome=("pass", "inconclusive", "inconclusive", "fail")[decisive.weight],
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
        if found.value - late > limit:
            return _Answer(name, limit, FAIL, said)
        own = f" But locust itself was {number(late)} ms late at {name}: this machine was too busy to tell."
        return _Answer(name, limit, NEAR, said + own)
    if found.rows < needed:
        return _Answer(name, limit, FEW, f"{said} At least {needed:,} answers are needed for {name}.")
    if found.value > limit:
        return _Answer(name, limit, NEAR, f"{said} The limit lies within the interval.")
    return _Answer(name, limit, PASS, said)


def _remarks(found: Sequence[Percentile], load: Load) -> list[str]:
    waited, rows = len(load.latency_ms) - load.answered, len(load.latency_ms)
    said = (
        [f"{waited:,} requests were never answered and count with the time that they waited."]
        if waited
        else []
    )
    least = min(each.independent for each in found)
    if least < 0.5 * rows:
        said.append(
            f"Slow answers came close together: {rows:,} are worth about {least:,.0f} independent ones."
        )
    return said
