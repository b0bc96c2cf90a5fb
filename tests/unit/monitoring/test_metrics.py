from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk

from trunkline.core.errors import PolicyError
from trunkline.monitoring import Labelled
from trunkline.monitoring.metrics import METRICS

START = datetime(2026, 1, 1, tzinfo=UTC)
Weights = np.ndarray[Any, np.dtype[np.float64]]


def _times(rows: int) -> tuple[datetime, ...]:
    return tuple(START + timedelta(minutes=row) for row in range(rows))


def _classified(rows: int = 200, seed: int = 1, strength: float = 2.0) -> Labelled:
    random = np.random.default_rng(seed)
    signal = random.normal(size=rows)
    # Rounded, so that scores tie.
    score = np.round(1 / (1 + np.exp(-strength * signal)), 2)
    truth = np.where(random.random(rows) < score, "Yes", "No").astype(object)
    labels = np.where(score > 0.5, "Yes", "No").astype(object)
    return Labelled(_times(rows), truth, labels, np.c_[1 - score, score], ("No", "Yes"), "Yes")


def _many(rows: int = 150) -> Labelled:
    random = np.random.default_rng(2)
    classes = np.array(["a", "b", "c"], dtype=object)
    probabilities = random.dirichlet((1, 1, 1), rows)
    truth = np.array([random.choice(classes, p=row) for row in probabilities], dtype=object)
    return Labelled(
        _times(rows), truth, classes[probabilities.argmax(axis=1)], probabilities, ("a", "b", "c")
    )


def _regressed(rows: int = 100) -> Labelled:
    random = np.random.default_rng(3)
    truth = random.normal(10, 3, rows)
    return Labelled(_times(rows), truth, truth + random.normal(0, 1, rows))


def _yes(data: Labelled) -> Any:
    return data.truth == "Yes"


def _p(data: Labelled) -> Any:
    return data.scores


TWO_CLASSES: dict[str, Callable[[Labelled, Weights], float]] = {
    "accuracy": lambda d, w: sk.accuracy_score(d.truth, d.labels, sample_weight=w),
    "average_precision": lambda d, w: sk.average_precision_score(_yes(d), _p(d), sample_weight=w),
    "balanced_accuracy": lambda d, w: sk.balanced_accuracy_score(d.truth, d.labels, sample_weight=w),
    "f1": lambda d, w: sk.f1_score(d.truth, d.labels, pos_label="Yes", sample_weight=w),
    "f1_macro": lambda d, w: sk.f1_score(d.truth, d.labels, average="macro", sample_weight=w),
    "neg_brier_score": lambda d, w: -sk.brier_score_loss(_yes(d), _p(d), sample_weight=w),
    "neg_log_loss": lambda d, w: -sk.log_loss(d.truth, d.probabilities, sample_weight=w),
    "precision": lambda d, w: sk.precision_score(d.truth, d.labels, pos_label="Yes", sample_weight=w),
    "recall": lambda d, w: sk.recall_score(d.truth, d.labels, pos_label="Yes", sample_weight=w),
    "roc_auc": lambda d, w: sk.roc_auc_score(_yes(d), _p(d), sample_weight=w),
    "roc_auc_ovr": lambda d, w: sk.roc_auc_score(_yes(d), _p(d), sample_weight=w),
}
MANY_CLASSES: dict[str, Callable[[Labelled, Weights], float]] = {
    "balanced_accuracy": lambda d, w: sk.balanced_accuracy_score(d.truth, d.labels, sample_weight=w),
    "f1_macro": lambda d, w: sk.f1_score(d.truth, d.labels, average="macro", sample_weight=w),
    "neg_log_loss": lambda d, w: -sk.log_loss(d.truth, d.probabilities, sample_weight=w),
    "roc_auc_ovr": lambda d, w: sk.roc_auc_score(
        d.truth, d.probabilities, multi_class="ovr", sample_weight=w
    ),
}
REGRESSION: dict[str, Callable[[Labelled, Weights], float]] = {
    "neg_mean_absolute_error": lambda d, w: -sk.mean_absolute_error(d.truth, d.labels, sample_weight=w),
    "neg_mean_squared_error": lambda d, w: -sk.mean_squared_error(d.truth, d.labels, sample_weight=w),
    "neg_root_mean_squared_error": lambda d, w: (
        -sk.root_mean_squared_error(d.truth, d.labels, sample_weight=w)
    ),
    "r2": lambda d, w: sk.r2_score(d.truth, d.labels, sample_weight=w),
}


def _agree(data: Labelled, name: str, expected: Callable[[Labelled, Weights], float]) -> None:
    # What a resample draws is a count for each row, so weights check point and resamples alike.
    weights = np.random.default_rng(5).multinomial(len(data), np.full(len(data), 1 / len(data)), size=5)
    found = METRICS[name](data, weights.astype(float))
    assert found == pytest.approx([expected(data, row) for row in weights])


@pytest.mark.parametrize("name", sorted(TWO_CLASSES))
def test_two_class_metrics_agree_with_scikit_learn_on_every_resample(name: str) -> None:
    _agree(_classified(), name, TWO_CLASSES[name])


@pytest.mark.parametrize("name", sorted(MANY_CLASSES))
def test_many_class_metrics_agree_with_scikit_learn_on_every_resample(name: str) -> None:
    _agree(_many(), name, MANY_CLASSES[name])


@pytest.mark.parametrize("name", sorted(REGRESSION))
def test_regression_metrics_agree_with_scikit_learn_on_every_resample(name: str) -> None:
    _agree(_regressed(), name, REGRESSION[name])


def test_every_metric_is_compared_with_scikit_learn() -> None:
    assert METRICS.keys() == TWO_CLASSES.keys() | MANY_CLASSES.keys() | REGRESSION.keys()


def test_a_metric_of_probabilities_is_refused_for_a_model_without() -> None:
    data = _classified()
    with pytest.raises(PolicyError, match="needs probabilities"):
        METRICS["roc_auc"](Labelled(data.times, data.truth, data.labels, positive="Yes"), np.ones((1, 200)))
