"""Fairness: do answers and errors differ between groups of people.

An answer is red only where the whole simultaneous interval lies beyond the limit: when the point decided, a fair model
of a thousand rows was called unfair in 15 to 48 of 100 redraws, for the sake of its smallest group. A rate is compared
only between groups with the policy's minimum of the rows that it is taken over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from trunkline.core.policy.gates import FairnessGates
from trunkline.core.verdicts import Verdict
from trunkline.measure.paired import Paired

from .audit import Audit
from .demographic_parity import demographic_parity
from .equalized_odds import equal_opportunity, equalized_odds
from .error_gap import error_gap
from .error_rates import error_rates
from .group_calibration import group_calibration
from .group_regressions import group_regressions
from .rates import Masks

Question = Callable[[Audit], Verdict | None]

ASKED: tuple[Question, ...] = (
    demographic_parity,
    equalized_odds,
    equal_opportunity,
    error_rates,
    group_calibration,
    error_gap,
    group_regressions,
)
"""Of one attribute, and of two crossed: what two show together need show in neither of them."""


def fairness_verdicts(
    paired: Paired,
    masks: Mapping[str, Masks],
    policy: FairnessGates,
    *,
    resamples: int,
    seed: int,
    champion: Paired | None = None,
) -> tuple[Verdict, ...]:
    """Answer the fairness gates of each attribute in `masks`, and of each two of them (`colour & sex`).

    `masks` maps an attribute to its groups (`colour=Black`) and these to masks of shape (n,), as `groups` returns them;
    a limit that is null is a question not asked. `champion` holds the champion's answers to the same rows.
    Raises DataError when it does not.
    """
    verdicts: list[Verdict] = []
    for attribute, by in masks.items():
        audit = Audit(attribute, by, paired, policy, resamples, seed, champion)
        if audit.crossed and not policy.intersections:
            continue
        for question in ASKED:
            verdict = question(audit)
            if verdict is None:
                continue
            verdicts.append(_with_parts(verdict, verdicts) if audit.crossed else verdict)
            if audit.crossed and not audit.enough:
                break  # the other questions would get the same answer
    return tuple(verdicts)


def _with_parts(crossed: Verdict, verdicts: list[Verdict]) -> Verdict:
    """Return a red verdict on two attributes with those of the two named that are red on their own."""
    if crossed.outcome != "fail":
        return crossed
    room, pair, question = crossed.gate.split("/", 2)
    parts = {f"{room}/{attribute}/{question}": attribute for attribute in pair.split(" & ")}
    red = [parts[one.gate] for one in verdicts if one.gate in parts and one.outcome == "fail"]
    if not red:
        return crossed
    alone = f"Begin with {' and '.join(red)}, red without any crossing, which may only repeat it. "
    return crossed.model_copy(update={"advice": alone + crossed.advice})
