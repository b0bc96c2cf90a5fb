from __future__ import annotations

import numpy as np
import pytest

from trunkline.measure.metrics import LightMetric, ProjectMetric
from trunkline.measure.paired import Paired
from trunkline.tasks.scale import AS_IT_IS, Scale, scale_of

CLASSES = Paired(
    np.array([0, 1, 1, 1]),
    np.array([0, 1, 1, 0]),
    np.full((4, 2), 0.5),
    ("No", "Yes"),
    1,
    task="classification",
)
NUMBERS = Paired(np.array([10.0, 20.0, 30.0]), np.array([11.0, 19.0, 30.0]), None, task="regression")


@pytest.mark.parametrize("name", ["roc_auc", "accuracy", "f1"])
def test_a_score_is_measured_as_it_is(name: str) -> None:
    assert scale_of(LightMetric(name), CLASSES, (0.7, 0.6)) == AS_IT_IS


def test_an_error_is_measured_by_that_of_a_model_that_ignores_its_inputs() -> None:
    found = scale_of(LightMetric("neg_root_mean_squared_error"), NUMBERS, (-1.0, -2.0))

    assert found.size == pytest.approx(NUMBERS.truth.std())
    assert "ignores its inputs" in found.of
    assert scale_of(LightMetric("neg_brier_score"), CLASSES, (-0.1, -0.1)).size == pytest.approx(0.75 * 0.25)


def test_an_error_of_outcomes_that_are_all_alike_is_measured_by_the_greater_value() -> None:
    alike = Paired(np.full(5, 3.0), np.full(5, 2.0), None, task="regression")

    assert scale_of(LightMetric("neg_mean_absolute_error"), alike, (-1.0, -2.0)).size == 2.0


def test_a_metric_of_the_project_is_measured_by_the_greater_value() -> None:
    own = ProjectMetric("euros", lambda *_: 0.0)

    assert scale_of(own, CLASSES, (300.0, -400.0)).size == 400.0
    assert scale_of(own, CLASSES, (0.0, 0.0)) == AS_IT_IS


def test_a_margin_above_one_is_in_the_metrics_own_unit() -> None:
    scale = Scale(size=20.0, of="the error of a model that ignores its inputs")
    assert scale.amount(0.05) == pytest.approx(1.0)
    assert scale.amount(10) == 10
