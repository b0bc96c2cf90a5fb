from __future__ import annotations

import numpy as np
import pytest

from trunkline.core.figures import Figure, Interval
from trunkline.measure.intervals import (
    beyond,
    deviate,
    distance_interval,
    quantile_interval,
    score_interval,
    tail_above,
    wilson,
)


def test_the_quantile_interval_covers_the_true_quantile_as_often_as_it_says() -> None:
    random = np.random.default_rng(1)
    true = -np.log(0.05)
    intervals = [quantile_interval(random.exponential(size=300), 0.95)[1] for _ in range(400)]
    covered = sum(interval.low <= true <= interval.high for interval in intervals)
    # 95% of 400 is 380; three standard errors below that is 367.
    assert covered >= 367
    assert any(interval.low > true or interval.high < true for interval in intervals)


def test_a_quantile_of_one_value_is_that_value() -> None:
    value, interval = quantile_interval([3.0], 0.95)
    assert (value, interval.low, interval.high) == (3.0, 3.0, 3.0)


def test_a_quantile_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no values"):
        quantile_interval([], 0.5)


def test_the_tail_counts_the_hits_themselves() -> None:
    assert tail_above(2, 2, 0.5) == pytest.approx(0.25)
    assert tail_above(0, 10, 0.1) == 1.0


def test_wilson_gives_the_published_interval() -> None:
    # Newcombe (1998), Statistics in Medicine 17, table I: 81 of 263, score method.
    interval = wilson(81, 263)
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.2553, 0.3662)


@pytest.mark.parametrize(("hits", "rows", "end"), [(0, 20, "low"), (20, 20, "high")])
def test_wilson_reaches_exactly_the_end_when_all_or_none_hit(hits: int, rows: int, end: str) -> None:
    assert getattr(wilson(hits, rows), end) == hits / rows


def test_wilson_knows_nothing_without_rows() -> None:
    interval = wilson(0, 0)
    assert (interval.low, interval.high) == (0.0, 1.0)


def test_the_interval_of_a_share_is_wilsons() -> None:
    interval = score_interval(0.1, 10)
    # Newcombe (1998), method 3, for 1 of 10.
    assert (interval.low, interval.high) == pytest.approx((0.0179, 0.4042), abs=5e-4)
    assert (interval.low, interval.high) == pytest.approx((wilson(1, 10).low, wilson(1, 10).high))


def test_a_higher_level_gives_a_wider_interval() -> None:
    one, other = score_interval(0.2, 100), score_interval(0.2, 100, 0.999)
    assert other.low < one.low < 0.2 < one.high < other.high


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_interval_holds_the_ends(share: float) -> None:
    interval = score_interval(share, 50)
    assert interval.low <= share <= interval.high
    assert 0 <= interval.low < interval.high <= 1


def test_no_rows_say_nothing() -> None:
    assert (score_interval(0.0, 0).low, score_interval(0.0, 0).high) == (0, 1)


def test_the_interval_of_a_difference_is_newcombes() -> None:
    # Newcombe (1998), table II, method 10: 56 of 70 against 48 of 80.
    interval = distance_interval(56 / 70, 70, 48 / 80, 80, 0.95)
    assert (interval.low, interval.high) == pytest.approx((0.0524, 0.3339), abs=5e-4)
    back = distance_interval(48 / 80, 80, 56 / 70, 70, 0.95)
    assert (back.low, back.high) == pytest.approx((interval.low, interval.high))


def test_a_distance_that_may_be_none_begins_at_none() -> None:
    assert distance_interval(0.5, 40, 0.45, 40, 0.95).low == 0


def test_figures_beyond_a_limit_are_told_from_those_that_may_be() -> None:
    sure = Figure(name="a", value=0.5, rows=9, interval=Interval(low=0.4, high=0.6))
    maybe = Figure(name="b", value=0.35, rows=9, interval=Interval(low=0.2, high=0.6))
    below = Figure(name="c", value=0.25, rows=9, interval=Interval(low=0.2, high=0.6))
    exact = Figure(name="d", value=0.9, rows=9)
    assert beyond([maybe, sure, below, exact], 0.3) == ([exact, sure], [maybe])


def test_a_level_spans_its_standard_errors() -> None:
    assert deviate(0.95) == pytest.approx(1.96, abs=1e-3)
