"""Intervals that hold at every look."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import beta

from trunkline.measure.difference import difference, share_difference
from trunkline.measure.metrics import LightMetric
from trunkline.measure.paired import Paired
from trunkline.measure.sequential import bound, growth, level_now, reach
from trunkline.measure.users import UserShare

LOOKS, DRAWS, LEVEL = 24, 150, 0.9


def test_more_looks_ask_for_a_wider_interval_than_one() -> None:
    assert reach(1.0, 1e9, level=0.95, matters=None) == pytest.approx(1.96, abs=0.001)
    assert bound(0.2, 1.0, 0.95) > 1.96
    assert reach(1.0, 3, level=0.95, matters=5.0) > reach(1.0, 30, level=0.95, matters=5.0)
    assert level_now(0.2, matters=1.0, level=0.95) > 0.95


def test_a_random_walk_is_left_out_no_more_often_than_the_level_says() -> None:
    walks = np.random.default_rng(1).normal(size=(4000, 400)).cumsum(axis=1)
    looked = np.arange(1, 401)
    width = np.array([bound(1 / math.sqrt(look), 0.3, LEVEL) for look in looked]) * np.sqrt(looked)
    left = int((np.abs(walks) > width).any(axis=1).sum())
    fixed = int((np.abs(walks) > 1.645 * np.sqrt(looked)).any(axis=1).sum())
    assert beta.ppf(0.025, left, 4000 - left + 1) <= 0.1
    assert left / 4000 > 0.03, "an interval that is never wrong is too wide to decide anything"
    assert fixed / 4000 > 0.4


@pytest.mark.parametrize(("users", "others", "right"), [(10, 10, 0.7), (5, 15, 0.9), (40, 160, 0.97)])
def test_equal_versions_are_told_apart_at_any_look_no_more_often_than_the_level_says(
    users: int, others: int, right: float
) -> None:
    generator = np.random.default_rng(users)
    wrong = {"rows": 0, "shares": 0}
    for _ in range(DRAWS):
        hits, sizes = [], []
        for size in (users, others):
            chance = generator.beta(right * 9, (1 - right) * 9, size)
            asked = generator.poisson(generator.lognormal(-0.5, 1, size)[:, None], (size, LOOKS))
            asked[:, 0] += 1
            hits.append(generator.binomial(asked, chance[:, None]).cumsum(axis=1))
            sizes.append(asked.cumsum(axis=1))
        found = set()
        for look in range(0, LOOKS, 3):
            one, other = (UserShare(hits[side][:, look] * 1.0, sizes[side][:, look] * 1.0) for side in (0, 1))
            span = share_difference(one, other, name="", level=LEVEL, matters=0.1).interval
            if span and not span.low <= 0 <= span.high:
                found.add("shares")
            if look % 6 == 0:
                first, second = rows_of(one), rows_of(other)
                kept = difference(
                    first, second, LightMetric("accuracy"), same_rows=False, level=LEVEL, matters=0.1
                ).interval
                if kept and not kept.low <= 0 <= kept.high:
                    found.add("rows")
        for each in found:
            wrong[each] += 1
    for count in wrong.values():
        assert not count or beta.ppf(0.025, count, DRAWS - count + 1) <= 1 - LEVEL


def rows_of(share: UserShare) -> Paired:
    """Return rows with these sums."""
    hits, sizes = share.hits.astype(int), share.rows.astype(int)
    labels = np.repeat(np.tile([1, 0], len(hits)), np.stack([hits, sizes - hits], axis=1).ravel())
    users = np.repeat(np.arange(len(hits)), sizes)
    return Paired(
        np.ones(len(labels), dtype=int), labels, None, ("no", "yes"), 1, users, task="classification"
    )


def test_what_is_missing_shrinks_the_interval_until_nothing_is_in_doubt() -> None:
    times = growth(-0.01, 0.02, 200, tolerated=0.05, level=0.95, matters=0.05)
    half = reach(0.02 / math.sqrt(times), 200 * times, level=0.95, matters=0.05)
    assert times > 1
    assert half == pytest.approx(0.04, rel=0.05)
    assert growth(0.01, 0.001, 200, tolerated=0.05, level=0.95, matters=0.05) == 1


def test_a_version_that_always_fails_is_found_among_few_users() -> None:
    broken = UserShare(np.zeros(20), np.full(20, 5.0))
    whole = UserShare(np.full(60, 5.0), np.full(60, 5.0))
    span = share_difference(broken, whole, name="answered", level=0.99, matters=0.02).interval
    assert span
    assert span.high < 0
    alone = UserShare(np.zeros(1), np.ones(1))
    assert share_difference(alone, whole, name="answered", level=0.99, matters=0.02).interval is None
