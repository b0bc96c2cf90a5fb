from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from trunkline.measure.delong import delong, placements

POSITIVE = np.array([True, True, True, False, False, False, False])
FIRST = np.array([0.9, 0.8, 0.3, 0.7, 0.3, 0.2, 0.1])
SECOND = np.array([0.6, 0.9, 0.2, 0.7, 0.8, 0.1, 0.3])


def by_definition(positive: np.ndarray, score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    up, down = score[positive], score[~positive]
    won = (up[:, None] > down[None, :]) + 0.5 * (up[:, None] == down[None, :])
    return won.mean(axis=1), won.mean(axis=0)


def test_the_mean_of_either_placement_is_the_area_under_the_curve() -> None:
    below, above = placements(POSITIVE, FIRST)

    assert below.mean() == pytest.approx(roc_auc_score(POSITIVE, FIRST))
    assert above.mean() == pytest.approx(roc_auc_score(POSITIVE, FIRST))


@pytest.mark.parametrize("score", [FIRST, SECOND, np.round(FIRST), np.zeros(7)])
def test_placements_by_ranks_are_those_of_the_definition_ties_and_all(score: np.ndarray) -> None:
    found, expected = placements(POSITIVE, score), by_definition(POSITIVE, score)

    assert found[0] == pytest.approx(expected[0])
    assert found[1] == pytest.approx(expected[1])


def test_the_p_value_is_that_of_the_papers_covariance_matrices() -> None:
    one, other = by_definition(POSITIVE, FIRST), by_definition(POSITIVE, SECOND)
    contrast = np.array([1, -1])
    variance = sum(
        contrast @ np.cov(np.stack([a, b])) @ contrast / len(a) for a, b in zip(one, other, strict=True)
    )
    expected = 2 * norm.sf(abs(one[0].mean() - other[0].mean()) / np.sqrt(variance))

    assert delong(POSITIVE, FIRST, SECOND) == pytest.approx(expected)
    assert delong(POSITIVE, SECOND, FIRST) == pytest.approx(expected)


def test_two_scores_that_rank_alike_do_not_differ() -> None:
    assert delong(POSITIVE, FIRST, FIRST**3) == 1.0


def test_a_difference_without_any_spread_is_no_chance() -> None:
    assert delong(POSITIVE, POSITIVE.astype(float), 1 - POSITIVE.astype(float)) == 0.0


def test_one_row_of_a_class_says_nothing() -> None:
    assert np.isnan(delong(np.array([True, False, False]), FIRST[:3], SECOND[:3]))


def test_equal_scores_are_called_different_one_time_in_twenty() -> None:
    generator = np.random.default_rng(0)
    p_values = []
    for _ in range(1000):
        skill = generator.normal(size=300)
        positive = skill + generator.normal(size=300) > 0
        first, second = (skill + generator.normal(size=300) for _ in range(2))
        p_values.append(delong(positive, first, second))

    assert np.mean(np.array(p_values) < 0.05) == pytest.approx(0.05, abs=0.02)
    assert np.mean(np.array(p_values) < 0.5) == pytest.approx(0.5, abs=0.05)


def test_equal_scores_of_users_who_repeat_are_called_different_one_time_in_twenty() -> None:
    generator = np.random.default_rng(0)
    who = np.repeat(np.arange(60), 8)
    by_row, by_user = [], []
    for _ in range(400):
        skill = generator.normal(size=60)[who]
        positive = skill + generator.normal(size=480) > 0
        first, second = (skill + generator.normal(size=60)[who] for _ in range(2))
        by_row.append(delong(positive, first, second))
        by_user.append(delong(positive, first, second, who))

    assert np.mean(np.array(by_row) < 0.05) > 0.2
    assert np.mean(np.array(by_user) < 0.05) == pytest.approx(0.05, abs=0.03)


def test_users_of_one_row_each_are_tested_as_rows_are() -> None:
    rows, users = delong(POSITIVE, FIRST, SECOND), delong(POSITIVE, FIRST, SECOND, np.arange(len(FIRST)))

    assert users == pytest.approx(rows, abs=0.05)
