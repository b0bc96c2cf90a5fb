from __future__ import annotations

import numpy as np
import pytest

from trunkline.core.policy.gates import FairnessGates
from trunkline.core.verdicts import Verdict
from trunkline.evaluation.fairness.audit import Audit
from trunkline.evaluation.gates.disparities import EqualizedOdds, EqualOpportunity
from trunkline.measure.paired import Array, Paired

RULES = FairnessGates()
SEX = np.tile(np.repeat(["sex=Female", "sex=Male"], 2), 200)
TRUTH = np.tile([0, 1], 400)


def audit(
    answers: Array,
    truth: Array = TRUTH,
    groups: Array = SEX,
    rules: FairnessGates = RULES,
    attribute: str = "sex",
) -> Audit:
    rows = Paired(truth.astype(int), answers.astype(int), None, ("No", "Yes"), 1)
    masks = {str(name): groups == name for name in sorted(set(groups))}
    return Audit(attribute, masks, rows, rules)


def missed(share: float, groups: Array = SEX, among: str = "sex=Female", truth: int = 1) -> Array:
    """Answer rightly but for this share of the rows of a group with this outcome."""
    answers = TRUTH.copy()
    place = np.flatnonzero((groups == among) & (truth == TRUTH))
    answers[place[: round(share * len(place))]] = 1 - truth
    return answers


def equalized_odds(found: Audit) -> Verdict | None:
    return next(iter(EqualizedOdds().verdicts(found)), None)


def equal_opportunity(found: Audit) -> Verdict | None:
    return next(iter(EqualOpportunity().verdicts(found)), None)


def outcome(verdict: Verdict | None) -> tuple[str, bool]:
    assert verdict is not None
    return verdict.outcome, verdict.stops


def test_positives_of_one_group_that_are_missed_turn_both_red() -> None:
    found = audit(missed(0.5))

    assert outcome(equalized_odds(found)) == ("fail", True)
    assert outcome(equal_opportunity(found)) == ("fail", True)


def test_negatives_of_one_group_that_are_let_in_turn_equalized_odds_alone_red() -> None:
    found = audit(missed(0.5, truth=0))

    assert outcome(equalized_odds(found)) == ("fail", True)
    assert outcome(equal_opportunity(found)) == ("pass", False)


def test_a_difference_is_red_only_when_its_whole_interval_is_beyond_the_limit() -> None:
    found = audit(missed(0.21))

    assert outcome(equalized_odds(audit(missed(0.4)))) == ("fail", True)
    assert outcome(equalized_odds(found)) == ("inconclusive", False)
    verdict = equal_opportunity(found)
    assert outcome(verdict) == ("inconclusive", False)
    assert verdict is not None
    assert verdict.figures[0].value == pytest.approx(0.21)


def test_of_two_attributes_crossed_the_interval_decides() -> None:
    groups = np.tile(np.repeat(["a & c", "a & d", "b & c", "b & d"], 2), 100)

    chance = equalized_odds(audit(missed(0.22, groups, "b & d"), groups=groups, attribute="x & y"))
    planted = equalized_odds(audit(missed(0.6, groups, "b & d"), groups=groups, attribute="x & y"))

    assert outcome(chance) == ("inconclusive", False)
    assert outcome(planted) == ("fail", True)
    assert planted is not None
    assert planted.figures[0].interval is not None
    assert 0.2 < planted.figures[0].interval.low < 0.6 < planted.figures[0].interval.high


def test_a_rate_that_cannot_be_compared_is_said_and_does_not_stop() -> None:
    truth = np.ones(800, dtype=int)
    truth[SEX == "sex=Male"] = np.arange(400) >= 20

    verdict = equalized_odds(audit(truth, truth))

    assert outcome(verdict) == ("inconclusive", False)
    assert verdict is not None
    assert "false positive rate cannot be compared" in verdict.reason


def test_too_few_positives_are_inconclusive_and_do_not_stop() -> None:
    truth = np.arange(800) < 40

    verdict = equal_opportunity(audit(truth, truth))

    assert outcome(verdict) == ("inconclusive", False)
    assert verdict is not None
    assert "sex=Female (20), sex=Male (20)" in verdict.reason


def test_without_limits_neither_is_asked() -> None:
    rules = FairnessGates(equalized_odds_difference=None, equal_opportunity_difference=None)
    found = audit(missed(1.0), rules=rules)

    assert equalized_odds(found) is None
    assert equal_opportunity(found) is None


def test_a_model_that_is_right_for_everybody_passes_both() -> None:
    found = audit(TRUTH)

    assert outcome(equalized_odds(found)) == ("pass", False)
    assert outcome(equal_opportunity(found)) == ("pass", False)
