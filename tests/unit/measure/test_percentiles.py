"""Percentiles: their intervals hold what they promise, also where values in a row resemble each other."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter
from scipy.stats import norm

from trunkline.measure.percentiles import percentile, rows_needed, variance_inflation

REDRAWS = 400


def resembling(draw: np.random.Generator, rows: int, memory: float) -> np.ndarray:
    """Return a normal series in which each value keeps a share of the one before; every value is standard normal."""
    noise = draw.normal(size=rows) * np.sqrt(1 - memory**2)
    noise[0] = draw.normal()
    return np.asarray(lfilter([1.0], [1.0, -memory], noise))


def coverage(share: float, *, rows: int, memory: float) -> float:
    """Return in which share of the redraws the interval holds the true percentile."""
    truth, held = float(norm.ppf(share)), 0
    for seed in range(REDRAWS):
        found = percentile(resembling(np.random.default_rng(seed), rows, memory), share).interval
        held += found is not None and found.low <= truth <= found.high
    return held / REDRAWS


def test_the_value_is_the_one_that_the_share_does_not_exceed() -> None:
    assert percentile(np.arange(1.0, 101.0), 0.95).value == 95.0
    assert percentile(np.arange(1.0, 101.0), 0.5).value == 50.0
    assert percentile(np.array([7.0]), 0.99).value == 7.0


def test_the_order_of_the_values_does_not_change_the_value() -> None:
    values = np.random.default_rng(1).exponential(size=301)
    assert percentile(values[::-1], 0.95).value == percentile(values, 0.95).value


@pytest.mark.parametrize(("share", "rows"), [(0.5, 200), (0.95, 500), (0.99, 1000)])
def test_the_interval_holds_the_truth_as_often_as_it_says(share: float, rows: int) -> None:
    assert coverage(share, rows=rows, memory=0.0) >= 0.93


@pytest.mark.parametrize("share", [0.5, 0.95])
def test_values_that_resemble_their_neighbours_widen_the_interval_until_it_holds(share: float) -> None:
    assert coverage(share, rows=2000, memory=0.9) >= 0.88


def test_a_stall_is_worth_few_independent_values() -> None:
    draw = np.random.default_rng(5)
    calm = draw.exponential(10.0, 1000)
    stalled = calm.copy()
    stalled[600:680] += 500
    assert percentile(calm, 0.95).independent > 500
    found = percentile(stalled, 0.95)
    assert found.independent < 60
    assert found.interval is not None
    assert found.interval.low < 100 < found.value


def test_the_same_slow_answers_spread_out_are_worth_more() -> None:
    draw = np.random.default_rng(5)
    spread = draw.exponential(10.0, 1000)
    spread[draw.permutation(1000)[:80]] += 500
    found = percentile(spread, 0.95)
    assert found.interval is not None
    assert found.interval.low > 100


def test_dependence_never_makes_the_interval_narrower() -> None:
    assert variance_inflation(np.tile([True, False], 500)) == 1.0
    assert variance_inflation(np.ones(1000, dtype=bool)) == 1.0
    assert variance_inflation(np.array([True, False])) == 1.0


@pytest.mark.parametrize(("share", "rows"), [(0.5, 6), (0.95, 72), (0.99, 368)])
def test_the_rows_needed_are_those_that_give_an_upper_end(share: float, rows: int) -> None:
    assert rows_needed(share) == rows
    assert 1 - share**rows >= 0.975 > 1 - share ** (rows - 1)


def test_too_few_values_have_no_interval() -> None:
    assert percentile(np.array([1.0, 2.0, 3.0]), 0.5).interval is None


def test_a_stricter_level_widens_the_interval() -> None:
    values = np.random.default_rng(3).exponential(size=2000)
    usual, strict = percentile(values, 0.95).interval, percentile(values, 0.95, level=0.999).interval
    assert usual is not None
    assert strict is not None
    assert strict.level == 0.999
    assert strict.low < usual.low <= usual.high < strict.high
