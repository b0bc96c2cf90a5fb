"""The service under load: from what was measured to the verdicts on its rate, its errors and its latency."""

from __future__ import annotations

from trunkline.core.figures import Figure, Interval
from trunkline.core.policy.gates import LoadGates
from trunkline.core.verdicts import Outcome, Verdict
from trunkline.measure.intervals import wilson
from trunkline.measure.wording import between, number

from .latency import PERCENTILES, latency_verdict
from .measurement import SATURATED_ADVICE, Load

LEAST_RATE = 0.9
"""The share of the wanted requests that must have been sent in time for the load to be the one asked for."""
FEWEST = 30
"""Requests below which a share of failures says nothing."""


def load_verdicts(load: Load, rules: LoadGates) -> tuple[Verdict, ...]:
    """Return the verdicts on rate, errors and, where a limit is set, latency."""
    limits = {
        name: limit for name in PERCENTILES if (limit := getattr(rules, f"latency_{name}_ms")) is not None
    }
    verdicts = [_rate(load, rules), _errors(load, rules)]
    return (*verdicts, latency_verdict(load, rules, limits)) if limits else tuple(verdicts)


def _rate(load: Load, rules: LoadGates) -> Verdict:
    share = load.sent / load.due if load.due else 0.0
    rate = share * rules.rate
    span = wilson(load.sent, load.due)
    reach = Interval(low=span.low * rules.rate, high=span.high * rules.rate)
    outcome: Outcome = "pass"
    advice = ""
    said = (
        f"{load.sent:,} of {load.due:,} requests were sent within {load.seconds:g} s: {number(rate)} a second "
        f"({between(reach)}), and {rules.rate:g} were asked for."
    )
    if share < LEAST_RATE and load.saturated:
        outcome, advice = "inconclusive", SATURATED_ADVICE
        said += f" The generator was the bottleneck: {load.bottleneck}."
    elif share < LEAST_RATE:
        outcome = "fail"
        said += (
            f" The service was the bottleneck: all {load.users:,} simulated users waited for its answers, "
            f"and {load.bottleneck}."
        )
        advice = (
            "Look at load/latency and load/errors first. Then make the model cheaper (fewer trees, a candidate that "
            "exports to ONNX), run more instances, or ask for a lower gates.load.rate. A task of the locustfile "
            "that sends no request lowers the rate too."
        )
    return Verdict(
        gate="load/rate",
        outcome=outcome,
        question=f"Did {rules.rate:g} requests a second arrive?",
        reason=said,
        figures=(
            Figure(name="requests_per_second", value=rate, rows=load.due, interval=reach),
            Figure(name="generator_busy", value=load.busy, rows=load.due),
        ),
        threshold=LEAST_RATE * rules.rate,
        advice=advice,
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
    own = wilson(failed - load.unanswered, total)
    blocking = True
    outcome: Outcome
    if load.saturated and not load.died and span.low > limit >= own.low:
        outcome, advice = "inconclusive", SATURATED_ADVICE
        said += f" But {load.bottleneck}, and may have kept answers waiting itself."
    elif load.died or span.low > limit:
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
