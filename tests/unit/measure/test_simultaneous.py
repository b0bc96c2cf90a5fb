from __future__ import annotations

import numpy as np
import pytest

from trunkline.measure.intervals import wilson
from trunkline.measure.simultaneous import (
    Estimates,
    greatest_difference,
    least_ratio,
    level_for,
    means,
    shares,
)


def two(first: tuple[int, int], second: tuple[int, int]) -> Estimates:
    return shares(np.array([first[0], second[0]]), np.array([first[1], second[1]]), 0.95)


def test_the_level_of_a_pair_rises_with_the_number_of_pairs() -> None:
    assert level_for(2) == pytest.approx(0.95)
    assert level_for(4) == pytest.approx(1 - 0.05 / 6)
    assert level_for(4, 3) == pytest.approx(1 - 0.05 / 9)


@pytest.mark.parametrize(("hits", "rows"), [(0, 30), (3, 40), (30, 30), (500, 900)])
def test_shares_have_wilsons_interval(hits: int, rows: int) -> None:
    found, expected = shares(np.array([hits]), np.array([rows]), 0.95), wilson(hits, rows)

    assert (found.lows[0], found.highs[0]) == pytest.approx((expected.low, expected.high))


def test_means_have_students_interval() -> None:
    found = means([np.array([1.0, 2.0, 3.0, 4.0])], 0.95)

    assert (found.values[0], found.lows[0], found.highs[0]) == pytest.approx((2.5, 0.4457, 4.5543), abs=1e-4)


@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((5, 56), (0, 29), 0.0, 0.1926),
    ],
)
def test_two_shares_differ_as_in_the_table_of_newcombe_1998(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    found = greatest_difference(two(first, second))

    assert found.value == pytest.approx(first[0] / first[1] - second[0] / second[1])
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high), abs=1e-4)


def test_the_ratio_of_many_rows_has_the_interval_of_its_logarithm() -> None:
    (hits, rows), (others, size) = (4_000, 20_000), (5_000, 20_000)

    found = least_ratio(two((hits, rows), (others, size)))

    spread = np.sqrt(1 / hits - 1 / rows + 1 / others - 1 / size)
    assert found.value == pytest.approx(0.8)
    assert found.interval.low == pytest.approx(0.8 * np.exp(-1.96 * spread), rel=1e-3)
    assert found.interval.high == pytest.approx(0.8 * np.exp(1.96 * spread), rel=1e-3)


def test_a_group_without_hits_still_has_an_upper_end() -> None:
    few, many = least_ratio(two((0, 30), (15, 30))), least_ratio(two((0, 3000), (1500, 3000)))

    assert few.value == many.value == few.interval.low == 0
    assert 0.1 < few.interval.high < 0.4
    assert many.interval.high < 0.01


def test_groups_without_any_hits_are_alike_but_nothing_is_known() -> None:
    found = least_ratio(two((0, 30), (0, 30)))

    assert (found.value, found.interval.low, found.interval.high) == (1.0, 0.0, 1.0)


def test_the_ratio_to_a_mean_that_may_be_zero_may_be_anything() -> None:
    found = least_ratio(Estimates(np.array([0.1, 0.5]), np.array([0.05, -0.1]), np.array([0.15, 1.1])))

    assert found.interval.high == 1.0


def test_values_may_be_what_is_left_of_a_known_whole() -> None:
    found = two((6, 10), (3, 10)).less_from(np.array([0.5, 0.5]))

    assert found.values == pytest.approx([-0.1, 0.2])
    assert (found.lows < found.values).all()
    assert (found.values < found.highs).all()


def test_eight_groups_that_are_alike_are_hardly_ever_called_apart() -> None:
    generator, rows, times = np.random.default_rng(3), np.full(8, 60), 500
    apart = naive = 0
    for hits in generator.binomial(60, 0.4, size=(times, 8)):
        apart += greatest_difference(shares(hits, rows, level_for(8))).interval.low > 0
        naive += greatest_difference(shares(hits, rows, 0.95)).interval.low > 0

    assert apart <= 0.05 * times
    assert naive > 0.2 * times


def test_the_least_ratio_of_groups_at_four_fifths_is_hardly_ever_called_below_it() -> None:
    generator, rows, times = np.random.default_rng(1), np.full(4, 80), 500
    chances = np.array([0.4, 0.5, 0.5, 0.5])

    below = sum(
        least_ratio(shares(hits, rows, level_for(4))).interval.high < 0.8
        for hits in generator.binomial(80, chances, size=(times, 4))
    )

    assert below <= 0.05 * times


def test_the_greatest_true_difference_is_within_the_interval() -> None:
    generator, rows, times = np.random.default_rng(2), np.full(5, 100), 500
    chances = np.array([0.3, 0.4, 0.45, 0.5, 0.55])
    held = 0
    for hits in generator.binomial(100, chances, size=(times, 5)):
        span = greatest_difference(shares(hits, rows, level_for(5))).interval
        held += span.low <= 0.25 <= span.high

    assert held >= 0.95 * times
