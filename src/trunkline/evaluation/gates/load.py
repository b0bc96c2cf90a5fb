"""The service under load: from what was measured to the verdicts on its rate, its errors and its latency."""

from __future__ import annotations

from functools import partial

from trunkline.core.figures import Figure, Interval
from trunkline.core.gate import Gate
from trunkline.core.verdicts import Outcome, Verdict
from trunkline.measure.intervals import wilson
from trunkline.measure.wording import between, number

from ..load.measurement import SATURATED_ADVICE, LoadCase

LEAST_RATE = 0.9
"""The share of the wanted requests that must have been sent in time for the load to be the one asked for."""
FEWEST = 30
"""Requests below which a share of failures says nothing."""


class Rate(Gate[LoadCase]):
    """Requests that were sent in time after the warm-up, over those that the policy's rate asks for; the share
    itself decides, its interval (Wilson) is stated.

    Pass: At least nine tenths of the rate were reached.
    Fail: Fewer were, because every simulated user waited for the service: it is too slow to be asked that
    often.
    Inconclusive: The generator was the bottleneck: it took nearly a whole core.
    Advice: Look at load/latency and load/errors first. Then make the model cheaper (fewer trees, a candidate that
    exports to ONNX), run more instances, lower `gates.load.rate` to what production will see, or measure from another
    machine with `trunkline load --host`. A task of the locustfile that sends no request lowers the rate too.
    """

    name = "load/rate"
    question = "Did the load arrive as fast as it was asked for?"
    keys = ("gates.load.rate",)

    def verdict(self, case: LoadCase) -> Verdict:
        load, rules = case.load, case.rules
        share = load.sent / load.due if load.due else 0.0
        rate, span = share * rules.rate, wilson(load.sent, load.due)
        reach = Interval(low=span.low * rules.rate, high=span.high * rules.rate)
        outcome: Outcome = "pass"
        said = (
            f"{load.sent:,} of {load.due:,} requests were sent within {load.seconds:g} s: {number(rate)} a second "
            f"({between(reach)}), and {rules.rate:g} were asked for."
        )
        if share < LEAST_RATE and load.saturated:
            outcome = "inconclusive"
            said += f" The generator was the bottleneck: {load.bottleneck}."
        elif share < LEAST_RATE:
            outcome = "fail"
            said += (
                f" The service was the bottleneck: all {load.users:,} simulated users waited for its answers, and "
                f"{load.bottleneck}."
            )
        return self.answer(
            outcome,
            said,
            figures=(
                Figure(name="requests_per_second", value=rate, rows=load.due, interval=reach),
                Figure(name="generator_busy", value=load.busy, rows=load.due),
            ),
            threshold=LEAST_RATE * rules.rate,
            advice=SATURATED_ADVICE if outcome == "inconclusive" else None,
        )


class Errors(Gate[LoadCase]):
    """The share of requests that failed after the warm-up, with Wilson's interval.

    Pass: No larger a share failed than is allowed.
    Fail: More did, with the whole interval; or the service died.
    Inconclusive: Only the point is beyond the limit, which does not stop a release. What does: too few
    requests; or the generator took nearly a whole core and may have kept answers waiting itself.
    Advice: Read what the service wrote (load.log beside the evaluation), or reproduce it by hand: `trunkline
    serve`, then one of the locustfile's requests. A 422 means that the locustfile sends rows that the contract
    forbids.
    Source: Wilson (1927), JASA 22.
    """

    name = "load/errors"
    question = "Does the service answer every request?"
    keys = ("gates.load.error_rate",)

    def verdict(self, case: LoadCase) -> Verdict:
        load, limit = case.load, case.rules.error_rate
        failed = sum(load.failures.values())
        total = failed + load.answered
        share, span = failed / total if total else 0.0, wilson(failed, total)
        worst = sorted(load.failures.items(), key=lambda item: (-item[1], item[0]))[:3]
        kinds = f" Most often: {'; '.join(f'{kind} ({count:,})' for kind, count in worst)}." if worst else ""
        died = f" The service ended under load: {load.died}." if load.died else ""
        said = f"{failed:,} of {total:,} requests failed, {number(share)} ({between(span)}).{kinds}{died}"
        needed = max(FEWEST, round(1 / limit)) if limit else FEWEST
        answer = partial(
            self.answer,
            figures=(Figure(name="error_rate", value=share, rows=total, interval=span),),
            threshold=limit,
        )
        if (
            load.saturated
            and not load.died
            and span.low > limit >= wilson(failed - load.unanswered, total).low
        ):
            said += f" But {load.bottleneck}, and may have kept answers waiting itself."
            return answer("inconclusive", said, advice=SATURATED_ADVICE)
        if load.died or span.low > limit:
            return answer("fail", said)
        if total < needed:
            said += f" At least {needed:,} are needed to see a share of {limit:g}."
            return answer("inconclusive", said, advice="Raise gates.load.seconds or gates.load.rate.")
        if share > limit:
            said += f" The limit {limit:g} lies within the interval."
            advice = "Look at the failures; raise gates.load.seconds to be sure."
            return answer("inconclusive", said, blocking=False, advice=advice)
        return answer("pass", said)
