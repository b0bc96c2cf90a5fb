from __future__ import annotations

import numpy as np
import pytest

from trunkline.measure import weighted
from trunkline.measure.paired import Paired
from trunkline.measure.scorers import Scorer
from trunkline.measure.weighted import NAMES, statistic

_OF_LABELS = ("precision", "recall", "f1")
MANY = (
    "accuracy",
    "balanced_accuracy",
    "matthews_corrcoef",
    *(f"{name}_{average}" for name in _OF_LABELS for average in ("micro", "macro", "weighted")),
    "roc_auc_ovr",
    "neg_log_loss",
    "neg_brier_score",
)
BINARY = (*MANY, *_OF_LABELS, "roc_auc", "average_precision")
REGRESSION = (
    "r2",
    "neg_mean_absolute_error",
    "neg_mean_absolute_percentage_error",
    "neg_mean_squared_error",
    "neg_root_mean_squared_error",
)


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
    expected = [Scorer(name).value(paired.take(one)) for one in picked]
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
        assert found(np.ones((1, 40_000)))[0] == pytest.approx(Scorer(name).value(paired), abs=1e-4)


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


def test_every_vectorised_metric_is_compared_with_scikit_learn() -> None:
    assert set(NAMES) == {*BINARY, *REGRESSION}


def test_a_resample_that_lacks_a_class_is_counted_as_scikit_learn_counts_it() -> None:
    paired = classified(3)
    left = paired.truth != 2
    counts = left.astype(float)[None, :]

    for name in ("f1_macro", "precision_weighted", "recall_macro", "matthews_corrcoef"):
        found = statistic(name, paired)
        assert found is not None
        assert found(counts)[0] == pytest.approx(Scorer(name).value(paired.take(left))), name


def test_answers_that_are_all_the_same_have_no_correlation_with_the_truth() -> None:
    paired = classified(2)
    found = statistic("matthews_corrcoef", paired.answered(np.zeros(paired.rows, dtype=int)))

    assert found is not None
    assert found(np.ones((1, paired.rows)))[0] == 0.0


def test_a_metric_that_has_no_meaning_here_has_no_vectorised_form() -> None:
    assert statistic("roc_auc", classified(3)) is None
    assert statistic("r2", classified(2)) is None
    assert statistic("accuracy", predicted()) is None
