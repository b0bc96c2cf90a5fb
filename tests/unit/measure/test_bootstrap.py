from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from trunkline.measure import bootstrap
from trunkline.measure.bootstrap import Statistic, draw, interval, joined
from trunkline.measure.sums import mean, ratio


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

    alone = draw({"fast": mean(values)}, rows=30, resamples=20, seed=1)
    together = draw(
        {"slow": slow, "fast": mean(values), "other": mean(values**2)}, rows=30, resamples=20, seed=1
    )

    assert list(together) == ["slow", "fast", "other"]
    assert together["fast"].tolist() == alone["fast"].tolist()
    assert together["slow"].tolist() == draw({"": slow}, rows=30, resamples=20, seed=1)[""].tolist()


@pytest.mark.parametrize("rate", [0.01, 0.5])
def test_counting_kinds_of_rows_has_the_law_of_drawing_rows(
    monkeypatch: pytest.MonkeyPatch, rate: float
) -> None:
    hit = (np.arange(1000) < 1000 * rate).astype(float)
    kinds = draw({"": mean(hit)}, rows=1000, resamples=4000, seed=2)[""]
    monkeypatch.setattr(bootstrap, "KINDS", 1)
    rows = draw({"": mean(hit)}, rows=1000, resamples=4000, seed=3)[""]

    assert kinds.tolist() != rows.tolist()
    assert kinds.mean() == pytest.approx(rate, rel=0.03)
    assert kinds.std() == pytest.approx(rows.std(), rel=0.08)
    assert kinds.std() == pytest.approx(np.sqrt(rate * (1 - rate) / 1000), rel=0.08)


def test_full_and_sparse_sums_are_drawn_on_the_same_resamples() -> None:
    values = np.random.default_rng(0).normal(size=8000)
    mask = np.arange(8000) < 1100
    sums = csr_array(np.stack([values * mask, mask], axis=1))
    both = {"all": mean(values), "few": Statistic(lambda total: ratio(total[:, 0], total[:, 1]), sums)}

    drawn = draw(both, rows=8000, resamples=300, seed=0)

    # The few rows are among all, so the two means move together: by the root of their share.
    assert np.corrcoef(drawn["all"], drawn["few"])[0, 1] == pytest.approx(np.sqrt(1100 / 8000), abs=0.1)
    assert drawn["few"].std() == pytest.approx(values[mask].std() / np.sqrt(1100), rel=0.1)


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
    assert (found.low, found.high) == pytest.approx((24.05, 975.95))
    assert found.level == 0.95


def test_few_draws_make_an_interval_that_is_not_too_narrow() -> None:
    generator = np.random.default_rng(0)
    held = [
        span.low <= one[-1] <= span.high
        for one in generator.normal(size=(4000, 101))
        if (span := interval(one[:-1])) is not None
    ]

    assert np.mean(held) == pytest.approx(0.95, abs=0.01)


def test_another_level_makes_a_wider_interval() -> None:
    found = interval(np.arange(1001.0), 0.99)

    assert found is not None
    assert found.low == pytest.approx(4.01)
    assert found.level == 0.99


def test_there_is_no_interval_where_many_resamples_have_no_value() -> None:
    assert interval(np.array([1.0, 2.0, np.nan])) is None
    assert interval(np.array([])) is None


def test_where_users_repeat_it_is_they_who_are_drawn() -> None:
    who = np.repeat(np.arange(200), 10)
    values = np.random.default_rng(0).normal(size=200)[who]
    slow = Statistic(lambda counts: counts @ values / counts.sum(axis=1))

    rows = draw({"": mean(values)}, rows=2000, resamples=2000, seed=0)[""]
    drawn = draw({"fast": mean(values), "slow": slow}, rows=2000, resamples=2000, seed=0, users=who)

    assert rows.std() == pytest.approx(values.std() / np.sqrt(2000), rel=0.05)
    for found in drawn.values():
        assert found.std() == pytest.approx(values.std() / np.sqrt(200), rel=0.05)


def test_users_of_one_row_each_are_drawn_as_rows_are() -> None:
    values = np.random.default_rng(0).normal(size=60)

    rows = draw({"": mean(values)}, rows=60, resamples=50, seed=3)[""]
    users = draw({"": mean(values)}, rows=60, resamples=50, seed=3, users=np.arange(60))[""]

    assert users == pytest.approx(rows)


def test_few_users_make_an_interval_that_is_not_too_narrow() -> None:
    generator = np.random.default_rng(0)
    held = {"users": 0, "rows": 0}
    for _ in range(300):
        values, who = np.repeat(generator.normal(size=8), 5), np.repeat(np.arange(8), 5)
        drawn = draw({"": mean(values)}, rows=40, resamples=400, seed=1, users=who)[""]
        for name, users in (("users", who), ("rows", None)):
            span = interval(drawn, users=users)
            assert span is not None
            held[name] += span.low <= 0 <= span.high

    assert held["rows"] / 300 < 0.92
    assert held["users"] / 300 == pytest.approx(0.95, abs=0.03)


def test_a_single_user_makes_no_interval() -> None:
    assert interval(np.arange(100.0), users=np.zeros(20, dtype=int)) is None
