from __future__ import annotations

import numpy as np

from trunkline.core.policy.gates import FairnessGates
from trunkline.core.verdicts import Verdict
from trunkline.evaluation.fairness.audit import Audit
from trunkline.evaluation.gates.disparities import ErrorGap
from trunkline.measure.paired import Array, Paired

SEX = np.tile(["sex=Female", "sex=Male"], 200)
ERROR = np.random.default_rng(0).normal(size=400)
FRUIT = ("apple", "pear", "plum")


def ask(rows: Paired, rules: FairnessGates | None = None, attribute: str = "sex") -> Verdict | None:
    masks = {name: np.asarray(name == SEX) for name in ("sex=Female", "sex=Male")}
    return next(iter(ErrorGap().verdicts(Audit(attribute, masks, rows, rules or FairnessGates()))), None)


def regression(errors: Array) -> Paired:
    return Paired(np.zeros(400), errors, None)


def test_a_regression_that_errs_more_on_one_group_is_red() -> None:
    verdict = ask(regression(ERROR * np.where(SEX == "sex=Male", 1, 2)))

    assert verdict is not None
    assert (verdict.gate, verdict.outcome, verdict.stops) == ("fairness/sex/error-gap", "fail", True)
    assert verdict.figures[0].interval is not None
    assert verdict.figures[0].interval.high < 0.8
    assert "mitigation" not in verdict.advice


def test_a_crossing_is_asked_as_well() -> None:
    verdict = ask(regression(ERROR * np.where(SEX == "sex=Male", 1, 2)), attribute="age & sex")

    assert verdict is not None
    assert (verdict.gate, verdict.outcome) == ("fairness/age & sex/error-gap", "fail")


def test_a_difference_that_may_be_chance_stops_nothing() -> None:
    verdict = ask(regression(ERROR * np.where(SEX == "sex=Male", 1, 1.35)))

    assert verdict is not None
    assert (verdict.outcome, verdict.stops) == ("inconclusive", False)


def test_a_regression_that_errs_alike_passes() -> None:
    verdict = ask(regression(ERROR))

    assert verdict is not None
    assert verdict.outcome == "pass"


def test_a_regression_without_errors_is_fair() -> None:
    verdict = ask(regression(np.zeros(400)))

    assert verdict is not None
    assert (verdict.outcome, verdict.figures[0].value) == ("pass", 1.0)


def test_many_classes_are_compared_by_their_accuracy() -> None:
    truth = np.tile([0, 1, 2, 1], 100)
    answers = np.where((SEX == "sex=Male") & (np.arange(400) % 3 > 0), (truth + 1) % 3, truth)

    verdict = ask(Paired(truth, answers, None, FRUIT))

    assert verdict is not None
    assert (verdict.outcome, verdict.figures[0].name) == ("fail", "accuracy_ratio")
    assert verdict.figures[1].name == "accuracy"


def test_it_is_not_asked_of_two_classes_or_without_a_limit() -> None:
    assert ask(Paired(np.tile([0, 1], 200), np.ones(400), None, ("No", "Yes"), 1)) is None
    assert ask(regression(ERROR), FairnessGates(error_ratio=None)) is None


def test_groups_that_are_too_small_are_named() -> None:
    verdict = ask(regression(ERROR), FairnessGates(minimum_group=201))

    assert verdict is not None
    assert (verdict.outcome, verdict.stops) == ("inconclusive", True)
    assert "sex=Female (200)" in verdict.reason
