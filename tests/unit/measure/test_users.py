from __future__ import annotations

import numpy as np
import pytest

from trunkline.measure.intervals import wilson
from trunkline.measure.users import Users, counted, design_effect, error_of_mean, repeated
from trunkline.measure.worth import share_interval, worth


def alike(users: int, each: int, seed: int = 0) -> tuple[np.ndarray, Users]:
    """Return values that are the same for all rows of a user."""
    who = np.repeat(np.arange(users), each)
    return np.random.default_rng(seed).normal(size=users)[who], who


def test_users_of_some_rows_are_numbered_anew() -> None:
    found = repeated(np.array([7, 3, 7]))

    assert found is not None
    assert found.tolist() == [1, 0, 1]
    assert repeated(np.array([7, 3])) is None


def test_rows_of_a_user_that_are_all_alike_are_worth_one_row() -> None:
    values, who = alike(200, 10)

    assert design_effect(values, who) == pytest.approx(10, rel=0.01)
    assert error_of_mean(values, who) == pytest.approx(values[::10].std(ddof=1) / np.sqrt(200))
    assert worth(values, who) == pytest.approx(200, rel=0.03)


def test_independent_rows_of_users_are_worth_about_themselves() -> None:
    values = np.random.default_rng(0).normal(size=4000)

    assert worth(values, np.repeat(np.arange(1000), 4)) == pytest.approx(4000, rel=0.15)


def test_where_no_row_differs_a_users_rows_count_as_one() -> None:
    who = np.repeat(np.arange(50), 4)

    assert design_effect(np.zeros(200), who) == 4
    assert share_interval(np.zeros(200, dtype=bool), who).high > 3 * wilson(0, 200).high


def test_rows_of_a_single_user_say_nothing_of_a_share() -> None:
    span = share_interval(np.arange(100) < 30, np.zeros(100, dtype=int))

    assert span.low < 0.01
    assert span.high > 0.99


def test_a_share_of_independent_rows_has_wilsons_interval() -> None:
    assert share_interval(np.arange(100) < 30, None) == wilson(30, 100)


def test_the_interval_of_a_share_holds_it_as_often_as_it_says_where_users_repeat() -> None:
    held = 0
    for seed in range(400):
        generator = np.random.default_rng(seed)
        who = np.repeat(np.arange(60), 10)
        hit = generator.random(600) < generator.beta(0.6, 1.4, 60)[who]
        span = share_interval(hit, who)
        held += span.low <= 0.3 <= span.high

    assert held / 400 == pytest.approx(0.95, abs=0.025)


def test_rows_are_said_with_the_users_where_they_repeat() -> None:
    assert counted(1200, None) == "1,200 rows"
    assert counted(4, np.array([0, 0, 1, 1]), "test rows") == "4 test rows of 2 users"
