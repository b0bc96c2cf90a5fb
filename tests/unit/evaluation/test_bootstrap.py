from __future__ import annotations

import numpy as np
import pytest

from trunkline.evaluation import bootstrap
from trunkline.evaluation.bootstrap import Statistic, draw, interval, joined
from trunkline.evaluation.weighted import mean


def test_the_same_seed_gives_the_same_draws_and_another_seed_others() -> None:
    values = np.random.default_rng(0).normal(size=50)

    first = draw({"mean": mean(values)}, rows=50, resamples=40, seed=3)["mean"]
    again = draw({"mean": mean(values)}, rows=50, resamples=40, seed=3)["mean"]
    other = draw({"mean": mean(values)}, rows=50, resamples=40, seed=4)["mean"]

    assert first.tolist() == again.tolist()
    assert first.tolist() != other.tolist()


def test_the_spread_of_a_mean_is_its_standard_error() -> None:
    values = np.random.default_rng(0).normal(size=400)

    drawn = draw({"mean": mean(values)}, rows=400, resamples=4000, seed=0)["mean"]

    assert drawn.std() == pytest.approx(values.std() / 20, rel=0.05)


def test_a_statistic_gets_the_same_draws_whatever_else_is_asked() -> None:
    values = np.arange(30.0)
    slow = Statistic(lambda counts: counts @ values / counts.sum(axis=1))

    alone = draw({"fast": mean(values)}, rows=30, resamples=20, seed=1)["fast"]
    together = draw({"slow": slow, "fast": mean(values)}, rows=30, resamples=20, seed=1)

    assert together["fast"].tolist() == alone.tolist()
    assert together["slow"] == pytest.approx(alone)


def test_working_in_pieces_gives_as_many_draws_as_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "CELLS", 70)

    drawn = draw({"mean": mean(np.arange(10.0))}, rows=10, resamples=25, seed=1)["mean"]

    assert len(drawn) == 25
    assert np.isfinite(drawn).all()


def test_a_slow_statistic_is_asked_no_more_than_it_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "CELLS", 100)
    slow = Statistic(lambda counts: counts[:, 0], most=15)

    assert len(draw({"slow": slow}, rows=10, resamples=40, seed=1)["slow"]) == 15


def test_a_difference_of_two_statistics_is_taken_on_the_same_resamples() -> None:
    values = np.random.default_rng(0).normal(size=60)

    drawn = draw({"gap": mean(values + 2).minus(mean(values))}, rows=60, resamples=50, seed=0)["gap"]

    assert drawn == pytest.approx(np.full(50, 2.0))


def test_fast_and_slow_statistics_can_be_joined() -> None:
    values = np.arange(5.0)
    slow = Statistic(lambda counts: counts @ values / counts.sum(axis=1), most=7)

    both = joined((mean(values), slow), lambda pair: pair[:, 0] - pair[:, 1])

    assert both.most == 7
    assert both(np.ones((3, 5))) == pytest.approx(np.zeros(3))


def test_the_interval_holds_the_middle_of_the_draws() -> None:
    found = interval(np.arange(1001.0))

    assert found is not None
    assert (found.low, found.high) == pytest.approx((25.0, 975.0))
    assert found.level == 0.95


def test_there_is_no_interval_where_many_resamples_have_no_value() -> None:
    assert interval(np.array([1.0, 2.0, np.nan])) is None
    assert interval(np.array([])) is None
