from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from cases import paired_case
from trunkline.core.contract import Contract
from trunkline.core.verdicts import Verdict
from trunkline.evaluation import Scored
from trunkline.evaluation.gates.baseline import Baseline
from trunkline.evaluation.scored import pair_scored
from trunkline.measure.metrics import Metrics
from trunkline.measure.paired import Paired


def asked(
    paired: Paired, train: Paired | None, rules: dict[str, Any] | None = None, metrics: Metrics | None = None
) -> Verdict:
    return Baseline().verdict(paired_case(paired, train, metrics=metrics, **(rules or {})))


def binary(rows: int = 200, strength: float = 1.0, seed: int = 0) -> Paired:
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, 2, rows)
    chance = 1 / (1 + np.exp(-strength * (2 * truth - 1) - generator.normal(size=rows)))
    return Paired(
        truth,
        (chance > 0.5).astype(int),
        np.stack([1 - chance, chance], axis=1),
        ("No", "Yes"),
        1,
        task="classification",
    )


@pytest.mark.parametrize(
    ("strength", "rows", "outcome"), [(1.0, 200, "pass"), (-1.0, 200, "fail"), (0.15, 60, "inconclusive")]
)
def test_the_model_must_beat_one_that_ignores_its_inputs(strength: float, rows: int, outcome: str) -> None:
    assert asked(binary(rows, strength), None).outcome == outcome


def test_a_metric_that_always_the_same_answer_maximises_is_refused_for_the_comparison() -> None:
    generator = np.random.default_rng(3)
    truth = (generator.random(400) < 0.8).astype(int)
    chance = np.clip(0.8 * truth + 0.3 * generator.random(400), 0, 1)
    paired = Paired(
        truth,
        (chance > 0.5).astype(int),
        np.stack([1 - chance, chance], axis=1),
        ("No", "Yes"),
        1,
        task="classification",
    )
    missed = Paired(
        truth,
        np.where(np.arange(400) < 40, 0, truth),
        paired.probabilities,
        ("No", "Yes"),
        1,
        task="classification",
    )
    recall = {"metric": "recall"}

    for rows in (paired, missed):
        found = asked(rows, None, recall, {})
        assert (found.outcome, found.stops) == ("inconclusive", True)
        assert "recall of a model that ignores its inputs is 1.000, and none can be better" in found.reason
        assert "gates.performance.metric" in found.advice
        assert "roc_auc" in found.advice
    assert asked(paired, None).outcome == "pass"


def test_a_metric_of_the_projects_that_a_baseline_maximises_is_refused_too() -> None:
    def selected(truth: Any, answers: Any, chance: Any) -> float:
        return float(np.mean(answers == "Yes"))

    truth = np.repeat([0, 1, 1, 1], 50)
    paired = Paired(truth, truth, None, ("No", "Yes"), 1, task="classification")
    rules = {"metric": "selected"}

    assert "none can be better" in asked(paired, None, rules, {"selected": selected}).reason


def test_a_sum_of_the_projects_beats_no_baseline() -> None:
    def euros(truth: Any, answers: Any, chance: Any) -> float:
        return float(np.sum(np.where(truth == answers, 200.0, -100.0)))

    found = asked(binary(), None, {"metric": "euros"}, {"euros": euros})

    assert (found.outcome, found.stops, found.threshold) == ("inconclusive", True, 0)
    assert "grows with the number of rows" in found.reason


def test_the_baseline_of_a_regression_is_the_mean_of_the_training_rows() -> None:
    truth = np.random.default_rng(0).normal(100, 5, 300)
    rules = {"metric": "neg_mean_absolute_error"}
    train = Paired(truth, truth, None, task="regression")

    assert asked(Paired(truth, truth + 1, None, task="regression"), train, rules, {}).outcome == "pass"
    assert asked(Paired(truth, truth + 20, None, task="regression"), train, rules, {}).outcome == "fail"


def test_classes_of_the_tests_contract_are_used(
    contract: Contract, rows: Callable[..., pd.DataFrame], answer: Callable[..., Scored]
) -> None:
    assert asked(pair_scored(answer(rows(300)), contract), None).outcome == "pass"
