"""What a limit says of a figure and its interval."""

from __future__ import annotations

import pytest

from trunkline.core.figures import Figure, Interval
from trunkline.measure.limit import Limit


def figure(value: float, low: float, high: float) -> Figure:
    return Figure(name="gap", value=value, rows=100, interval=Interval(low=low, high=high))


@pytest.mark.parametrize(
    ("limit", "found", "outcome"),
    [
        (Limit(0.2), figure(0.15, 0.05, 0.25), "pass"),
        (Limit(0.2), figure(0.3, 0.21, 0.4), "fail"),
        (Limit(0.2), figure(0.3, 0.1, 0.5), "inconclusive"),
        (Limit(0.2), Figure(name="gap", value=0.3, rows=9), "inconclusive"),
        (Limit(0.8, at_least=True), figure(0.5, 0.4, 0.7), "fail"),
        (Limit(0.8, at_least=True), figure(0.5, 0.4, 0.9), "inconclusive"),
    ],
)
def test_only_an_interval_that_lies_wholly_beyond_the_limit_fails(
    limit: Limit, found: Figure, outcome: str
) -> None:
    assert limit.outcome(found) == outcome


def test_a_limit_is_not_crossed_by_the_last_digits_of_a_subtraction() -> None:
    assert Limit(0.2).keeps(0.9 - 0.7)
    assert Limit(0.8, at_least=True).keeps(0.8 - 1e-12)
    assert not Limit(0.2).keeps(0.201)


def test_a_ratio_is_beyond_its_limit_when_below() -> None:
    assert Limit(0.8, at_least=True).broken_wholly(figure(0.5, 0.4, 0.7))
    assert not Limit(0.8, at_least=True).broken_wholly(figure(0.5, 0.4, 0.9))
    assert not Limit(0.8, at_least=True).broken_wholly(Figure(name="gap", value=0.5, rows=9))


def test_a_figure_at_the_limit_is_not_worth_waiting_for() -> None:
    assert "no number of test rows" in Limit(0.2).more_rows(figure(0.2001, 0.0, 0.4))
    assert Limit(0.2).more_rows(Figure(name="gap", value=0.3, rows=9)) == ""
