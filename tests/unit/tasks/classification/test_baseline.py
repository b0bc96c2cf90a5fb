from __future__ import annotations

import numpy as np
import pytest

from trunkline.measure.metrics import LightMetric
from trunkline.measure.paired import Paired
from trunkline.tasks import task_of

CLASSES = Paired(
    np.array([0, 1, 1, 1]),
    np.array([0, 1, 1, 0]),
    np.full((4, 2), 0.5),
    ("No", "Yes"),
    1,
    task="classification",
)
NUMBERS = Paired(np.array([10.0, 20.0, 30.0]), np.array([11.0, 19.0, 30.0]), None, task="regression")


def test_a_classifiers_baseline_answers_the_shares_of_the_training_rows() -> None:
    train = CLASSES.take(np.array([0, 0, 0, 1]))

    found = task_of(CLASSES).baseline(CLASSES, train)

    assert found.labels.tolist() == [0, 0, 0, 0]
    assert found.probabilities is not None
    assert found.probabilities[2].tolist() == [0.75, 0.25]
    assert found.truth.tolist() == CLASSES.truth.tolist()


def test_a_regressions_baseline_answers_the_mean_of_the_training_rows() -> None:
    assert task_of(NUMBERS).baseline(NUMBERS, NUMBERS).labels.tolist() == [20.0, 20.0, 20.0]


def test_classes_are_matched_by_name_when_a_champion_knows_more_of_them() -> None:
    test = Paired(
        np.array([1, 2, 2, 2]), np.array([1, 2, 2, 2]), None, ("a", "b", "c"), None, task="classification"
    )
    train = Paired(np.array([0, 1, 1, 1]), np.array([0, 1, 1, 1]), None, ("b", "c"), 1, task="classification")

    found = task_of(test).baseline(test, train)

    assert found.labels.tolist() == [2, 2, 2, 2]
    assert found.probabilities is not None
    assert found.probabilities[0].tolist() == [0.0, 0.25, 0.75]


@pytest.mark.parametrize(
    ("name", "paired", "expected"),
    [
        ("roc_auc", CLASSES, 0.5),
        ("balanced_accuracy", CLASSES, 0.5),
        ("average_precision", CLASSES, 0.75),
        ("r2", NUMBERS, 0.0),
    ],
)
def test_a_model_that_ignores_its_inputs_has_its_known_quality(
    name: str, paired: Paired, expected: float
) -> None:
    assert LightMetric(name).value(task_of(paired).baseline(paired, paired)) == pytest.approx(expected)
