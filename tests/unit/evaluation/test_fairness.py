from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from trunkline.core.gates import FairnessGates
from trunkline.core.records import Verdict
from trunkline.evaluation.fairness import fairness_verdicts
from trunkline.evaluation.scored import Array, Paired

RULES = FairnessGates()
SEX = np.array(["sex=Female", "sex=Male"] * 200)


def masks(labels: Array = SEX) -> dict[str, Mapping[str, Array]]:
    return {"sex": {str(name): labels == name for name in sorted(set(labels))}}


def paired(truth: Array, answers: Array) -> Paired:
    return Paired(truth.astype(int), answers.astype(int), None, ("No", "Yes"), 1)


def ask(
    rows: Paired, by: Mapping[str, Mapping[str, Array]], rules: FairnessGates = RULES
) -> dict[str, Verdict]:
    found = fairness_verdicts(rows, by, rules, resamples=300, seed=0)
    return {verdict.gate.removeprefix("fairness/sex/"): verdict for verdict in found}


def coins(chance: Array | float, seed: int) -> Array:
    return np.asarray(np.random.default_rng(seed).uniform(size=400) < chance)


def test_a_model_that_treats_groups_alike_passes() -> None:
    truth = coins(0.5, 1)

    found = ask(paired(truth, truth), masks())

    assert {gate: verdict.outcome for gate, verdict in found.items()} == {
        "demographic-parity": "pass",
        "equalized-odds": "pass",
    }


def test_a_model_that_selects_one_group_less_is_red_with_ratio_and_interval() -> None:
    answers = coins(np.where(SEX == "sex=Female", 0.3, 0.6), 2)

    verdict = ask(paired(coins(0.5, 1), answers), masks())["demographic-parity"]

    assert (verdict.outcome, verdict.stops) == ("fail", True)
    ratio = verdict.figures[0]
    assert ratio.name == "demographic_parity_ratio"
    assert ratio.value < 0.8
    assert ratio.interval is not None
    assert ratio.interval.low < ratio.value < ratio.interval.high
    assert "sex=Female" in verdict.reason


def test_a_model_that_errs_more_on_one_group_is_red_though_it_selects_alike() -> None:
    truth = coins(0.5, 1)
    answers = np.where(SEX == "sex=Female", coins(0.5, 3), truth)

    found = ask(paired(truth, answers), masks())

    assert found["demographic-parity"].outcome == "pass"
    assert (found["equalized-odds"].outcome, found["equalized-odds"].stops) == ("fail", True)


def test_fewer_than_two_large_groups_are_inconclusive_and_stop() -> None:
    labels = np.array(["sex=Female"] * 29 + ["sex=Male"] * 371)

    found = ask(paired(coins(0.5, 1), coins(0.5, 2)), masks(labels))

    for verdict in found.values():
        assert (verdict.outcome, verdict.stops) == ("inconclusive", True)
        assert "sex=Female" in verdict.reason


def test_a_small_group_is_set_aside_and_named_while_the_others_are_judged() -> None:
    labels = np.array(["sex=X"] * 20 + ["sex=Female", "sex=Male"] * 190)
    answers = np.where(labels == "sex=X", False, coins(0.5, 2))

    verdict = ask(paired(coins(0.5, 1), answers), masks(labels))["demographic-parity"]

    assert verdict.outcome == "pass"
    assert "sex=X (20)" in verdict.reason


def test_a_rate_that_cannot_be_compared_is_said_and_does_not_stop() -> None:
    truth = np.ones(400, dtype=bool)
    truth[::2] = np.arange(200) >= 20

    verdict = ask(paired(truth, truth), masks())["equalized-odds"]

    assert (verdict.outcome, verdict.stops) == ("inconclusive", False)
    assert "false positive rate cannot be compared" in verdict.reason


def test_a_model_that_selects_nobody_is_inconclusive() -> None:
    verdict = ask(paired(coins(0.5, 1), np.zeros(400)), masks())["demographic-parity"]

    assert (verdict.outcome, verdict.stops) == ("inconclusive", True)


def test_a_model_that_selects_everybody_passes_with_a_warning() -> None:
    verdict = ask(paired(coins(0.5, 1), np.ones(400)), masks())["demographic-parity"]

    assert verdict.outcome == "pass"
    assert "Every row gets the answer Yes" in verdict.reason


def test_the_policy_may_only_report() -> None:
    answers = coins(np.where(SEX == "sex=Female", 0.3, 0.6), 2)

    verdict = ask(paired(coins(0.5, 1), answers), masks(), FairnessGates(blocking=False))[
        "demographic-parity"
    ]

    assert (verdict.outcome, verdict.stops) == ("fail", False)


def test_a_regression_that_errs_more_on_one_group_is_red() -> None:
    error = np.random.default_rng(0).normal(size=400)
    alike = ask(Paired(np.zeros(400), error, None), masks())["error-gap"]
    unlike = ask(Paired(np.zeros(400), error * np.where(SEX == "sex=Male", 1, 2), None), masks())["error-gap"]

    assert alike.outcome == "pass"
    assert (unlike.outcome, unlike.stops) == ("fail", True)
    assert unlike.figures[0].interval is not None
    assert unlike.figures[0].interval.high < 0.8


def test_many_classes_are_compared_by_their_accuracy() -> None:
    truth = np.tile([0, 1, 2, 1], 100)
    answers = np.where((SEX == "sex=Male") & coins(0.5, 1), 0, truth)

    verdict = ask(Paired(truth, answers, None, ("apple", "pear", "plum")), masks())["error-gap"]

    assert verdict.outcome == "fail"
    assert verdict.figures[0].name == "accuracy_ratio"


def test_a_regression_without_errors_is_fair() -> None:
    verdict = ask(Paired(np.zeros(400), np.zeros(400), None), masks())["error-gap"]

    assert verdict.outcome == "pass"
