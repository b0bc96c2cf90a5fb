from __future__ import annotations

import numpy as np
import pytest

from trunkline.measure.intervals import holm, quantile_interval, tail_above, wilson


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


def test_holm_multiplies_the_smallest_most_and_never_reverses_the_order() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx((0.03, 0.06, 0.06))
    assert holm([]) == ()


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
