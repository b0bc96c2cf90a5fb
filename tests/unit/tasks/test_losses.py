from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss

from trunkline.measure.paired import Paired
from trunkline.tasks import Losses, task_of

TRUTH = np.array([0, 1, 1, 1])
SCORE = np.array([0.2, 0.9, 0.4, 0.6])
CHANCES = np.stack([1 - SCORE, SCORE], axis=1)


def losses(paired: Paired, train: Paired | None) -> Losses:
    return task_of(paired).losses(paired, train)


def test_of_two_classes_the_loss_is_briers_score() -> None:
    found = losses(
        Paired(TRUTH, (SCORE > 0.5).astype(int), CHANCES, ("No", "Yes"), 1, task="classification"), None
    )

    assert found.name == "Brier score"
    assert found.model.mean() == pytest.approx(brier_score_loss(TRUTH, SCORE))


def test_the_baseline_answers_the_shares_of_the_training_rows() -> None:
    paired = Paired(TRUTH, TRUTH, CHANCES, ("No", "Yes"), 1, task="classification")
    train = Paired(np.array([0, 0, 0, 1]), np.zeros(4, int), None, ("No", "Yes"), 1, task="classification")

    assert losses(paired, train).baseline == pytest.approx((0.25 - TRUTH) ** 2)
    assert losses(paired, None).baseline == pytest.approx((0.75 - TRUTH) ** 2)


def test_the_training_classes_are_matched_by_name() -> None:
    paired = Paired(TRUTH, TRUTH, CHANCES, ("No", "Yes"), 1, task="classification")
    train = Paired(
        np.array([1, 1, 1, 2]), np.zeros(4, int), None, ("Maybe", "No", "Yes"), 2, task="classification"
    )

    assert losses(paired, train).baseline == pytest.approx((0.25 - TRUTH) ** 2)


def test_probabilities_that_are_right_hold_no_surprise_on_average() -> None:
    generator = np.random.default_rng(0)
    score = generator.uniform(size=20_000)
    truth = (generator.uniform(size=20_000) < score).astype(int)
    chances = np.stack([1 - score, score], axis=1)

    honest = losses(Paired(truth, truth, chances, ("No", "Yes"), 1, task="classification"), None)
    sure = losses(Paired(truth, truth, np.round(chances), ("No", "Yes"), 1, task="classification"), None)

    assert honest.doubts
    assert honest.surprise.mean() == pytest.approx(0, abs=0.005)
    assert sure.surprise.mean() == pytest.approx(0.25, abs=0.01)


def test_of_many_classes_the_loss_is_at_most_one() -> None:
    found = losses(
        Paired(np.array([0, 1]), np.array([2, 1]), np.eye(3)[[2, 1]], ("a", "b", "c"), task="classification"),
        None,
    )

    assert found.model.tolist() == [1.0, 0.0]


def test_without_probabilities_an_answer_is_right_or_wrong() -> None:
    found = losses(Paired(TRUTH, np.array([1, 1, 0, 1]), None, ("No", "Yes"), 1, task="classification"), None)

    assert found.name == "error rate"
    assert found.model.tolist() == [1, 0, 1, 0]
    assert found.baseline.tolist() == [1, 0, 0, 0]
    assert not found.doubts
    assert found.surprise is found.model


def test_of_numbers_the_loss_is_the_distance() -> None:
    train = Paired(np.array([10.0, 20.0]), np.zeros(2), None, task="regression")

    found = losses(Paired(np.array([1.0, 5.0]), np.array([2.0, 3.0]), None, task="regression"), train)

    assert found.model.tolist() == [1.0, 2.0]
    assert found.baseline.tolist() == [14.0, 10.0]


def test_losses_of_some_rows_are_taken() -> None:
    found = losses(Paired(np.array([1.0, 5.0]), np.array([2.0, 3.0]), None, task="regression"), None).take(
        np.array([1])
    )

    assert found.model.tolist() == [2.0]
    assert found.baseline.tolist() == [2.0]
