from __future__ import annotations

import numpy as np
import pytest

from trunkline.evaluation import weighted
from trunkline.evaluation.metrics import Metric
from trunkline.evaluation.scored import Paired
from trunkline.evaluation.weighted import mean, share, statistic, within

BINARY = (
    "roc_auc",
    "roc_auc_ovr",
    "average_precision",
    "accuracy",
    "balanced_accuracy",
    "precision",
    "recall",
    "f1",
    "f1_macro",
    "f1_weighted",
    "neg_log_loss",
    "neg_brier_score",
)
MANY = (
    "roc_auc_ovr",
    "accuracy",
    "balanced_accuracy",
    "f1_macro",
    "f1_weighted",
    "neg_log_loss",
    "neg_brier_score",
)
REGRESSION = ("r2", "neg_mean_absolute_error", "neg_mean_squared_error", "neg_root_mean_squared_error")


def classified(classes: int, rows: int = 200) -> Paired:
    generator = np.random.default_rng(5)
    truth = generator.integers(0, classes, rows)
    scores = np.eye(classes)[truth] + generator.exponential(1.0, (rows, classes))
    chances = np.round(scores / scores.sum(axis=1, keepdims=True), 2)
    chances[:, 0] = 1 - chances[:, 1:].sum(axis=1)
    names = tuple("abcdef"[:classes])
    return Paired(truth, chances.argmax(axis=1), chances, names, 1 if classes == 2 else None)


def predicted(rows: int = 200) -> Paired:
    generator = np.random.default_rng(5)
    truth = generator.normal(50, 10, rows)
    return Paired(truth, truth + generator.normal(0, 4, rows), None)


CASES = (
    [(name, classified(2)) for name in BINARY]
    + [(name, classified(3)) for name in MANY]
    + [(name, predicted()) for name in REGRESSION]
)


@pytest.mark.parametrize(
    ("name", "paired"), CASES, ids=[f"{name}-{len(paired.classes)}" for name, paired in CASES]
)
def test_a_vectorised_metric_gives_what_scikit_learn_gives(name: str, paired: Paired) -> None:
    generator = np.random.default_rng(1)
    picked = [np.arange(paired.rows), *(generator.integers(0, paired.rows, paired.rows) for _ in range(3))]
    counts = np.stack([np.bincount(one, minlength=paired.rows) for one in picked]).astype(float)

    found = statistic(name, paired)

    assert found is not None
    expected = [Metric(name).value(paired.take(one)) for one in picked]
    assert found(counts) == pytest.approx(expected, abs=1e-9)


def test_joining_many_scores_into_steps_moves_the_area_by_less_than_a_ten_thousandth() -> None:
    generator = np.random.default_rng(2)
    truth = generator.integers(0, 2, 40_000)
    score = 1 / (1 + np.exp(-(truth + generator.normal(size=40_000))))
    paired = Paired(truth, (score > 0.5).astype(int), np.stack([1 - score, score], axis=1), ("a", "b"), 1)
    assert len(np.unique(score)) > weighted.STEPS

    for name in ("roc_auc", "average_precision"):
        found = statistic(name, paired)
        assert found is not None
        assert found(np.ones((1, 40_000)))[0] == pytest.approx(Metric(name).value(paired), abs=1e-4)


def test_a_resample_of_one_class_has_no_area() -> None:
    paired = classified(2)
    found = statistic("roc_auc", paired)

    assert found is not None
    assert np.isnan(found((paired.truth == 1).astype(float)[None, :])).all()


def test_a_resample_of_equal_numbers_has_no_r2() -> None:
    truth = np.array([0.0] * 170 + [5.0] * 5)
    found = statistic("r2", Paired(truth, truth + 0.1, None))

    assert found is not None
    assert np.isnan(found((truth == 0).astype(float)[None, :] * np.array([[1.0], [3.0]]))).all()
    assert np.isfinite(found(np.ones((1, 175)))).all()


def test_a_metric_without_a_vectorised_form_is_said_to_have_none() -> None:
    assert statistic("matthews_corrcoef", classified(2)) is None
    assert statistic("neg_median_absolute_error", predicted()) is None
    assert statistic("roc_auc", classified(3)) is None


def test_a_share_counts_rows_as_often_as_they_were_drawn() -> None:
    part, whole = np.array([True, False, True]), np.array([True, True, False])

    assert share(part, whole)(np.array([[3.0, 1.0, 9.0]])).tolist() == [0.75]


def test_a_share_of_nothing_is_undefined() -> None:
    nobody = np.zeros(3, dtype=bool)

    assert np.isnan(share(nobody, nobody)(np.ones((1, 3)))).all()


def test_a_statistic_within_a_group_ignores_all_other_rows() -> None:
    mask = np.array([True, False, True])

    found = within(mask, mean(np.array([1.0, 5.0])))

    assert found(np.array([[1.0, 7.0, 3.0]])).tolist() == [4.0]
