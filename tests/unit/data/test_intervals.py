from __future__ import annotations

import pytest

from trunkline.core.figures import Figure, Interval
from trunkline.data.intervals import beyond, deviate, distance_interval, share_interval, shared_level
from trunkline.measure.intervals import wilson


def test_the_interval_of_a_share_is_wilsons() -> None:
    interval = share_interval(0.1, 10)
    # Newcombe (1998), method 3, for 1 of 10.
    assert (interval.low, interval.high) == pytest.approx((0.0179, 0.4042), abs=5e-4)
    assert (interval.low, interval.high) == pytest.approx((wilson(1, 10).low, wilson(1, 10).high))


def test_a_higher_level_gives_a_wider_interval() -> None:
    one, other = share_interval(0.2, 100), share_interval(0.2, 100, 0.999)
    assert other.low < one.low < 0.2 < one.high < other.high


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_interval_holds_the_ends(share: float) -> None:
    interval = share_interval(share, 50)
    assert interval.low <= share <= interval.high
    assert 0 <= interval.low < interval.high <= 1


def test_no_rows_say_nothing() -> None:
    assert (share_interval(0.0, 0).low, share_interval(0.0, 0).high) == (0, 1)


def test_the_interval_of_a_difference_is_newcombes() -> None:
    # Newcombe (1998), table II, method 10: 56 of 70 against 48 of 80.
    interval = distance_interval(56 / 70, 70, 48 / 80, 80, 0.95)
    assert (interval.low, interval.high) == pytest.approx((0.0524, 0.3339), abs=5e-4)
    back = distance_interval(48 / 80, 80, 56 / 70, 70, 0.95)
    assert (back.low, back.high) == pytest.approx((interval.low, interval.high))


def test_a_distance_that_may_be_none_begins_at_none() -> None:
    assert distance_interval(0.5, 40, 0.45, 40, 0.95).low == 0


def test_more_questions_share_the_level() -> None:
    assert shared_level(1) == pytest.approx(0.95)
    assert shared_level(10) == pytest.approx(0.995)
    assert shared_level(0) == pytest.approx(0.95)
    assert deviate(0.95) == pytest.approx(1.96, abs=1e-3)


def test_figures_beyond_a_limit_are_told_from_those_that_may_be() -> None:
    sure = Figure(name="a", value=0.5, rows=9, interval=Interval(low=0.4, high=0.6))
    maybe = Figure(name="b", value=0.35, rows=9, interval=Interval(low=0.2, high=0.6))
    below = Figure(name="c", value=0.25, rows=9, interval=Interval(low=0.2, high=0.6))
    exact = Figure(name="d", value=0.9, rows=9)
    assert beyond([maybe, sure, below, exact], 0.3) == ([exact, sure], [maybe])
