from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from trunkline.core.contract import Contract
from trunkline.core.policy.gates import PerformanceGates
from trunkline.evaluation import Scored, measure

RULES = PerformanceGates(resamples=200)


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
