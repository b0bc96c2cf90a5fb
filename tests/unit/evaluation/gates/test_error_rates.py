from __future__ import annotations

import numpy as np

from trunkline.core.policy.gates import FairnessGates
from trunkline.core.verdicts import Verdict
from trunkline.evaluation.fairness.audit import Audit
from trunkline.evaluation.gates.disparities import ErrorRate
from trunkline.measure.paired import Paired

SEX = np.tile(np.repeat(["sex=Female", "sex=Male"], 2), 200)
TRUTH = np.tile([0, 1], 400)


def ask(wrong: float, rules: FairnessGates | None = None, classes: int = 2) -> Verdict | None:
    """Answer wrongly this share of the rows about women, of either outcome alike."""
    answers, place = TRUTH.copy(), np.flatnonzero(SEX == "sex=Female")
    chosen = place[: round(wrong * len(place))]
    answers[chosen] = 1 - answers[chosen]
    rows = Paired(TRUTH, answers, None, ("No", "Yes", "Maybe")[:classes], 1)
    masks = {name: np.asarray(name == SEX) for name in ("sex=Female", "sex=Male")}
    return next(iter(ErrorRate().verdicts(Audit("sex", masks, rows, rules or FairnessGates()))), None)


def test_a_group_that_is_answered_wrongly_more_often_is_red() -> None:
    verdict = ask(0.35)

    assert verdict is not None
    assert (verdict.gate, verdict.outcome, verdict.stops) == ("fairness/sex/error-rate", "fail", True)
    assert verdict.figures[0].value == 0.35
    assert "0.350 in sex=Female (400 rows)" in verdict.reason


def test_a_difference_that_may_be_chance_stops_nothing() -> None:
    verdict = ask(0.22)

    assert verdict is not None
    assert (verdict.outcome, verdict.stops) == ("inconclusive", False)


def test_groups_that_are_answered_alike_pass() -> None:
    verdict = ask(0.05)

    assert verdict is not None
    assert verdict.outcome == "pass"


def test_it_is_asked_of_two_classes_with_a_limit_only() -> None:
    assert ask(0.35, FairnessGates(error_rate_difference=None)) is None
    assert ask(0.35, classes=3) is None


def test_groups_that_are_too_small_are_named() -> None:
    verdict = ask(0.0, FairnessGates(minimum_group=401))

    assert verdict is not None
    assert (verdict.outcome, verdict.stops) == ("inconclusive", True)
    assert "sex=Female (400)" in verdict.reason
