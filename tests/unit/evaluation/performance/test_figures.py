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
    too_little,
)
from trunkline.evaluation.scored import pair_scored
from trunkline.measure.paired import Paired

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

    found = floor_verdict("roc_auc", 0.70, [figure], {}, binary(), {})

    assert found.outcome == outcome
    assert found.gate == "performance/floor:roc_auc"
    assert ("could have failed" in found.reason) == (outcome == "pass")


def test_the_floor_of_a_slice_names_the_slice_and_its_key() -> None:
    figure = Figure(name="roc_auc", value=0.6, rows=200, group="young")
    whole = Figure(name="roc_auc", value=0.9, rows=200)

    found = floor_verdict(
        "roc_auc",
        0.7,
        [whole, figure],
        {},
        binary(),
        {},
        within="young",
        key="gates.performance.slices.0.floors",
    )

    assert (found.gate, found.outcome) == ("performance/slice:young:roc_auc", "fail")
    assert "on the slice young" in found.question
    assert "lower gates.performance.slices.0.floors.roc_auc" in found.advice


def test_a_group_figure_is_not_taken_for_the_whole() -> None:
    figure = Figure(name="roc_auc", value=0.9, rows=200, group="sex=Male")

    assert floor_verdict("roc_auc", 0.7, [figure], {}, binary(), {}).outcome == "inconclusive"


def test_a_test_part_of_one_class_or_few_rows_says_nothing() -> None:
    paired = binary()
    figure = Figure(name="accuracy", value=0.9, rows=20)

    assert "All" in too_little(paired.take(paired.truth == 1))
    few = floor_verdict("accuracy", 0.5, [figure], {}, paired.take(np.arange(20)), {})
    assert (few.outcome, few.stops) == ("inconclusive", True)
    assert "20 rows" in few.reason


def test_a_broken_metric_makes_its_floor_inconclusive_or_a_red_gate_of_its_own() -> None:
    problems = {"euros": "raised KeyError"}

    with_floor = floor_verdict("euros", 10, [], problems, binary(), {})

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


def test_a_metric_that_always_the_same_answer_maximises_is_refused_for_the_comparison() -> None:
    generator = np.random.default_rng(3)
    truth = (generator.random(400) < 0.8).astype(int)
    chance = np.clip(0.8 * truth + 0.3 * generator.random(400), 0, 1)
    paired = Paired(
        truth, (chance > 0.5).astype(int), np.stack([1 - chance, chance], axis=1), ("No", "Yes"), 1
    )
    missed = Paired(truth, np.where(np.arange(400) < 40, 0, truth), paired.probabilities, ("No", "Yes"), 1)
    recall = PerformanceGates(metric="recall", resamples=200)

    for rows in (paired, missed):
        found = baseline_verdict(rows, None, recall, {})
        assert (found.outcome, found.stops) == ("inconclusive", True)
        assert "recall of a model that ignores its inputs is 1.000, and none can be better" in found.reason
        assert "gates.performance.metric" in found.advice
        assert "roc_auc" in found.advice
    assert baseline_verdict(paired, None, RULES, {}).outcome == "pass"


def test_a_metric_of_the_projects_that_a_baseline_maximises_is_refused_too() -> None:
    def selected(truth: Any, answers: Any, chance: Any) -> float:
        return float(np.mean(answers == "Yes"))

    truth = np.repeat([0, 1, 1, 1], 50)
    paired = Paired(truth, truth, None, ("No", "Yes"), 1)
    rules = PerformanceGates(metric="selected", resamples=200)

    assert "none can be better" in baseline_verdict(paired, None, rules, {"selected": selected}).reason


def test_a_sum_of_the_projects_beats_no_baseline() -> None:
    def euros(truth: Any, answers: Any, chance: Any) -> float:
        return float(np.sum(np.where(truth == answers, 200.0, -100.0)))

    found = baseline_verdict(
        binary(), None, PerformanceGates(metric="euros", resamples=200), {"euros": euros}
    )

    assert (found.outcome, found.stops, found.threshold) == ("inconclusive", True, 0)
    assert "grows with the number of rows" in found.reason


def test_the_baseline_of_a_regression_is_the_mean_of_the_training_rows() -> None:
    truth = np.random.default_rng(0).normal(100, 5, 300)
    rules = PerformanceGates(metric="neg_mean_absolute_error", resamples=200)
    train = Paired(truth, truth, None)

    assert baseline_verdict(Paired(truth, truth + 1, None), train, rules, {}).outcome == "pass"
    assert baseline_verdict(Paired(truth, truth + 20, None), train, rules, {}).outcome == "fail"


def test_classes_of_the_tests_contract_are_used(
    contract: Contract, rows: Callable[..., pd.DataFrame], answer: Callable[..., Scored]
) -> None:
    assert baseline_verdict(pair_scored(answer(rows(300)), contract), None, RULES, {}).outcome == "pass"
