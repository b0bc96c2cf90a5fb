from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, chi2

from trunkline.measure.mcnemar import mcnemar


def right(both: int, first: int, second: int) -> tuple[np.ndarray, np.ndarray]:
    """Return masks of right answers: so many rows where both are right, the first alone, the second alone."""
    one = np.repeat([True, True, False, False], [both, first, second, 10])
    other = np.repeat([True, False, True, False], [both, first, second, 10])
    return one, other


def test_the_p_value_is_that_of_the_binomial_distribution() -> None:
    expected = 2 * binom.cdf(2, 12, 0.5)

    assert mcnemar(*right(100, 2, 10)) == pytest.approx(expected)
    assert mcnemar(*right(100, 10, 2)) == pytest.approx(expected)


def test_of_many_rows_it_is_near_the_chi_square() -> None:
    assert mcnemar(*right(794, 100, 80)) == pytest.approx(chi2.sf((100 - 80 - 1) ** 2 / 180, 1), rel=0.02)


def test_equally_good_models_are_called_different_no_more_than_one_time_in_twenty() -> None:
    generator = np.random.default_rng(0)
    p_values = [mcnemar(*(generator.random((2, 400)) < 0.8)) for _ in range(1000)]

    assert 0.02 < np.mean(np.array(p_values) < 0.05) < 0.06


def test_rows_on_which_both_are_right_or_wrong_do_not_count() -> None:
    assert mcnemar(*right(0, 3, 9)) == mcnemar(*right(5000, 3, 9))


def test_two_models_that_are_right_on_the_same_rows_do_not_differ() -> None:
    assert mcnemar(*right(50, 0, 0)) == 1.0


def test_users_who_repeat_count_once_each() -> None:
    who = np.repeat(np.arange(6), 10)
    first = np.repeat([True, True, True, True, True, False], 10)

    assert mcnemar(first, ~first) < 1e-6
    assert mcnemar(first, ~first, who) > 0.05
    assert mcnemar(first, first, who) == 1.0


def test_equally_right_models_are_called_different_no_more_than_one_time_in_twenty_where_users_repeat() -> (
    None
):
    generator = np.random.default_rng(0)
    who = np.repeat(np.arange(50), 10)
    found = []
    for _ in range(400):
        first, second = (generator.beta(2, 1, 50)[who] > generator.uniform(size=500) for _ in range(2))
        found.append(mcnemar(first, second, who))

    assert np.mean(np.array(found) < 0.05) == pytest.approx(0.04, abs=0.03)
