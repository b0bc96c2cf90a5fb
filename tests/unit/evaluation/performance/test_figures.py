from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from trunkline.core.contract import Contract
from trunkline.core.figures import Figure, Interval
from trunkline.core.policy.gates import PerformanceGates
from trunkline.evaluation import Scored, measure
from trunkline.evaluation.performance.figures import (
    baseline_verdict,
    floor_verdict,
    metric_verdicts,
    overfit_verdict,
    too_little,
)
from trunkline.evaluation.scored import Paired, pair_scored

RULES = PerformanceGates(resamples=200)


def binary(rows: int = 200, strength: float = 1.0, seed: int = 0) -> Paired:
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, 2, rows)
    chance = 1 / (1 + np.exp(-strength * (2 * truth - 1) - generator.normal(size=rows)))
    return Paired(truth, (chance > 0.5).astype(int), np.stack([1 - chance, chance], axis=1), ("No", "Yes"), 1)


def test_figures_of_a_classifier_have_values_intervals_and_rows(
    contract: Contract, rows: Callable[..., pd.DataFrame], answer: Callable[..., Scored]
) -> None:
    scored = answer(rows(500))
    truth = scored.frame["released"].to_numpy(dtype=object)
    assert scored.probabilities is not None

    figures = measure(
        truth, scored.labels, scored.probabilities, contract, resamples=200, classes=("No", "Yes")
    )

    found = {figure.name: figure for figure in figures}
    assert found["roc_auc"].value == pytest.approx(roc_auc_score(truth == "Yes", scored.probabilities[:, 1]))
    assert found["roc_auc"].rows == 500
    for figure in figures:
        assert figure.interval is not None
        assert figure.interval.low < figure.value < figure.interval.high


def test_measuring_twice_gives_the_same_figures(
    contract: Contract, rows: Callable[..., pd.DataFrame], answer: Callable[..., Scored]
) -> None:
    scored = answer(rows(200))
    truth = scored.frame["released"].to_numpy(dtype=object)

    both = [
        measure(truth, scored.labels, scored.probabilities, contract, resamples=200, frame=scored.frame)
        for _ in range(2)
    ]

    assert both[0] == both[1]
    assert any(figure.group == "colour=Black & sex=Male" for figure in both[0])


def test_figures_of_a_regression(regression: Contract) -> None:
    truth = np.arange(50.0)

    figures = measure(truth, truth + 1, None, regression, resamples=200)

    found = {figure.name: figure.value for figure in figures}
    assert found["neg_mean_absolute_error"] == -1.0
    assert found["r2"] > 0.99


def test_metrics_of_policy_and_project_are_measured_too(contract: Contract) -> None:
    truth = np.array(["Yes", "No"] * 20, dtype=object)

    figures = measure(
        truth,
        truth,
        None,
        contract,
        metrics={"euros": lambda truth, answers, chance: 5.0},
        names=("matthews_corrcoef",),
        resamples=200,
    )

    found = {figure.name: figure.value for figure in figures}
    assert found["euros"] == 5.0
    assert found["matthews_corrcoef"] == 1.0


def test_a_broken_metric_of_the_project_has_no_figure_and_hides_no_other(contract: Contract) -> None:
    truth = np.array(["Yes", "No"] * 20, dtype=object)

    def broken(*_: Any) -> float:
        raise KeyError("price")

    names = {
        one.name for one in measure(truth, truth, None, contract, metrics={"euros": broken}, resamples=200)
    }

    assert "accuracy" in names
    assert "euros" not in names


@pytest.mark.parametrize(("value", "outcome"), [(0.71, "pass"), (0.70, "pass"), (0.69, "fail")])
def test_the_point_decides_about_a_floor(value: float, outcome: str) -> None:
    figure = Figure(name="roc_auc", value=value, rows=200, interval=Interval(low=0.6, high=0.8))

    found = floor_verdict("roc_auc", 0.70, [figure], {}, binary())

    assert found.outcome == outcome
    assert found.gate == "performance/floor:roc_auc"
    assert ("could have failed" in found.reason) == (outcome == "pass")


def test_the_floor_of_a_slice_names_the_slice_and_its_key() -> None:
    figure = Figure(name="roc_auc", value=0.6, rows=200, group="young")
    whole = Figure(name="roc_auc", value=0.9, rows=200)

    found = floor_verdict(
        "roc_auc", 0.7, [whole, figure], {}, binary(), within="young", key="gates.performance.slices.0.floors"
    )

    assert (found.gate, found.outcome) == ("performance/slice:young:roc_auc", "fail")
    assert "on the slice young" in found.question
    assert "lower gates.performance.slices.0.floors.roc_auc" in found.advice


def test_a_group_figure_is_not_taken_for_the_whole() -> None:
    figure = Figure(name="roc_auc", value=0.9, rows=200, group="sex=Male")

    assert floor_verdict("roc_auc", 0.7, [figure], {}, binary()).outcome == "inconclusive"


def test_a_test_part_of_one_class_or_few_rows_says_nothing() -> None:
    paired = binary()
    figure = Figure(name="accuracy", value=0.9, rows=20)

    assert "All" in too_little(paired.take(paired.truth == 1))
    few = floor_verdict("accuracy", 0.5, [figure], {}, paired.take(np.arange(20)))
    assert (few.outcome, few.stops) == ("inconclusive", True)
    assert "20 rows" in few.reason


def test_a_broken_metric_makes_its_floor_inconclusive_or_a_red_gate_of_its_own() -> None:
    problems = {"euros": "raised KeyError"}

    with_floor = floor_verdict("euros", 10, [], problems, binary())

    assert with_floor.stops
    assert "raised KeyError" in with_floor.reason
    assert metric_verdicts(problems, ["euros"]) == ()
    (own,) = metric_verdicts(problems, [])
    assert (own.gate, own.outcome, own.stops) == ("performance/metric:euros", "fail", True)


@pytest.mark.parametrize(
    ("strength", "rows", "outcome"), [(1.0, 200, "pass"), (-1.0, 200, "fail"), (0.15, 60, "inconclusive")]
)
def test_the_model_must_beat_one_that_ignores_its_inputs(strength: float, rows: int, outcome: str) -> None:
    assert baseline_verdict(binary(rows, strength), None, RULES, {}).outcome == outcome


def test_the_baseline_of_a_regression_is_the_mean_of_the_training_rows() -> None:
    truth = np.random.default_rng(0).normal(100, 5, 300)
    rules = PerformanceGates(metric="neg_mean_absolute_error", resamples=200)
    train = Paired(truth, truth, None)

    assert baseline_verdict(Paired(truth, truth + 1, None), train, rules, {}).outcome == "pass"
    assert baseline_verdict(Paired(truth, truth + 20, None), train, rules, {}).outcome == "fail"


def test_an_overfit_model_is_red_with_both_figures() -> None:
    found = overfit_verdict(binary(strength=0.3), binary(strength=5.0, seed=1), RULES, {})

    assert (found.outcome, found.stops) == ("fail", True)
    assert "200 training rows" in found.reason
    assert found.figures[0].interval is not None
    assert found.figures[0].interval.low < found.figures[0].value < found.figures[0].interval.high


@pytest.mark.parametrize("unit", [0.01, 1.0, 1000.0])
def test_the_overfit_gap_of_an_error_does_not_depend_on_its_unit(unit: float) -> None:
    def rents(noise: float, seed: int) -> Paired:
        generator = np.random.default_rng(seed)
        skill = generator.normal(size=400)
        return Paired(
            unit * (500 + 40 * skill), unit * (500 + 40 * (skill + noise * generator.normal(size=400))), None
        )

    rules = PerformanceGates(metric="neg_root_mean_squared_error", resamples=200)
    healthy = overfit_verdict(rents(0.50, 0), rents(0.45, 1), rules, {})
    heart = overfit_verdict(rents(0.50, 0), rents(0.10, 1), rules, {})

    assert (healthy.outcome, heart.outcome, heart.stops) == ("pass", "fail", True)
    assert healthy.threshold == pytest.approx(0.12 * 40 * unit, rel=0.1)
    assert "0.120 of the error of a model that ignores its inputs" in heart.reason
    assert "of the error of a model that ignores its inputs" in heart.question


def test_the_overfit_gap_of_a_metric_in_euro_is_a_share_of_its_value() -> None:
    def euros(truth: Any, answers: Any, chance: Any) -> float:
        return float(np.mean(np.where(truth == answers, 200.0, -100.0)))

    rules = PerformanceGates(metric="euros", resamples=200)

    assert overfit_verdict(binary(), binary(seed=1), rules, {"euros": euros}).outcome == "pass"
    assert overfit_verdict(binary(strength=0.3), binary(strength=5.0), rules, {"euros": euros}).stops


def test_a_model_as_good_on_new_rows_is_not_overfit() -> None:
    assert overfit_verdict(binary(), binary(seed=1), RULES, {}).outcome == "pass"


def test_without_training_answers_overfitting_is_said_to_be_unknown_and_stops_nothing() -> None:
    found = overfit_verdict(binary(), None, RULES, {})

    assert (found.outcome, found.stops) == ("inconclusive", False)


def test_too_few_test_rows_for_overfitting_ask_for_test_rows() -> None:
    found = overfit_verdict(binary(rows=15), binary(), RULES, {})

    assert (found.outcome, found.stops) == ("inconclusive", True)
    assert "more rows" in found.advice


def test_training_rows_of_one_class_leave_overfitting_inconclusive() -> None:
    train = binary()

    found = overfit_verdict(binary(), train.take(train.truth == 1), RULES, {})

    assert (found.outcome, found.stops) == ("inconclusive", True)


def test_classes_of_the_tests_contract_are_used(
    contract: Contract, rows: Callable[..., pd.DataFrame], answer: Callable[..., Scored]
) -> None:
    assert baseline_verdict(pair_scored(answer(rows(300)), contract), None, RULES, {}).outcome == "pass"
