from __future__ import annotations

import numpy as np

from trunkline.core.policy.gates import FairnessGates
from trunkline.core.verdicts import Verdict
from trunkline.evaluation.fairness.audit import Audit
from trunkline.evaluation.gates.disparities import GroupCalibration
from trunkline.measure.paired import Array, Paired

SEX = np.tile(["sex=Female", "sex=Male"], 400)


def ask(female: float, *, rules: FairnessGates | None = None, scored: bool = True) -> Verdict | None:
    """Give women scores of `female` and men of 0.5, though half of each have the outcome."""
    truth = np.tile([0, 0, 1, 1], 200)
    score: Array = np.where(SEX == "sex=Female", female, 0.5)
    scores = np.stack([1 - score, score], axis=1) if scored else None
    rows = Paired(truth, (score > 0.5).astype(int), scores, ("No", "Yes"), 1)
    masks = {name: np.asarray(name == SEX) for name in ("sex=Female", "sex=Male")}
    return next(iter(GroupCalibration().verdicts(Audit("sex", masks, rows, rules or FairnessGates()))), None)


def test_scores_that_promise_one_group_more_than_happens_are_red() -> None:
    verdict = ask(0.9)

    assert verdict is not None
    assert (verdict.gate, verdict.outcome, verdict.stops) == ("fairness/sex/calibration", "fail", True)
    assert [(figure.name, round(figure.value, 6), figure.group) for figure in verdict.figures] == [
        ("calibration_difference", 0.4, "sex"),
        ("calibration_gap", 0.4, "sex=Female"),
        ("calibration_gap", 0.0, "sex=Male"),
    ]
    assert "calibrate the model" in verdict.advice


def test_scores_that_promise_one_group_less_than_happens_are_red() -> None:
    verdict = ask(0.1)

    assert verdict is not None
    assert verdict.outcome == "fail"
    assert "-0.400 in sex=Female (400 rows), 0.000 in sex=Male" in verdict.reason


def test_a_difference_that_may_be_chance_stops_nothing() -> None:
    verdict = ask(0.72)

    assert verdict is not None
    assert (verdict.outcome, verdict.stops) == ("inconclusive", False)


def test_scores_that_mean_the_same_for_both_pass() -> None:
    verdict = ask(0.55)

    assert verdict is not None
    assert verdict.outcome == "pass"


def test_it_is_asked_of_scores_with_a_limit_only() -> None:
    assert ask(0.9, rules=FairnessGates(calibration_difference=None)) is None
    assert ask(0.9, scored=False) is None


def test_groups_that_are_too_small_are_named() -> None:
    verdict = ask(0.9, rules=FairnessGates(minimum_group=401))

    assert verdict is not None
    assert (verdict.outcome, verdict.stops) == ("inconclusive", True)
    assert "sex=Female (400)" in verdict.reason
