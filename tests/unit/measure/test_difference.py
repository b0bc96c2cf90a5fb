from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import beta

from trunkline.measure.difference import GROUPS, difference
from trunkline.measure.metrics import LightMetric, ProjectMetric
from trunkline.measure.paired import Paired

ACCURACY = LightMetric("accuracy")
DRAWS = 300


def answered(
    generator: np.random.Generator, users: int, *, right: float = 0.7, each: str = "20", alike: float = 0.3
) -> Paired:
    """Return right and wrong answers of users; `alike` is the correlation of two answers to the same user."""
    sizes = np.full(users, 20) if each == "20" else generator.geometric(1 / 20, users)
    who = np.repeat(np.arange(users), sizes)
    share = (1 - alike) / alike
    hit = generator.random(len(who)) < generator.beta(right * share, (1 - right) * share, users)[who]
    return Paired(np.ones(len(who), dtype=int), hit.astype(int), None, ("no", "yes"), 1, who)


@pytest.mark.parametrize(
    ("users", "others", "right", "each"),
    [
        (20, 20, 0.7, "20"),
        (50, 50, 0.7, "20"),
        (200, 200, 0.7, "20"),
        (4, 16, 0.7, "20"),
        (10, 40, 0.98, "unequal"),
        (40, 160, 0.7, "unequal"),
    ],
)
def test_equal_versions_are_told_apart_no_more_often_than_the_level_says(
    users: int, others: int, right: float, each: str
) -> None:
    generator = np.random.default_rng(users + others)
    apart = 0
    for _ in range(DRAWS):
        one, other = (answered(generator, size, right=right, each=each) for size in (users, others))
        span = difference(one, other, ACCURACY, same_rows=False).interval
        apart += span is not None and not span.low <= 0 <= span.high
    # Clopper and Pearson's lower end of the share of draws; rows as units gave 45 % of them.
    assert beta.ppf(0.025, apart, DRAWS - apart + 1) <= 0.05 if apart else True


def test_a_true_difference_of_many_users_is_found() -> None:
    generator = np.random.default_rng(1)
    one, other = answered(generator, 400, right=0.55), answered(generator, 400)
    figure = difference(one, other, ACCURACY, same_rows=False)
    assert figure.interval is not None
    assert figure.interval.high < -0.05
    assert figure.rows == 8000


def test_the_interval_of_independent_rows_is_that_of_the_textbook() -> None:
    generator = np.random.default_rng(2)
    one, other = (
        Paired(np.ones(400, dtype=int), (generator.random(400) < 0.8).astype(int), None, ("no", "yes"), 1)
        for _ in range(2)
    )
    figure = difference(one, other, ACCURACY, same_rows=False)
    half = 1.96 * np.sqrt(sum(side.labels.var() / side.rows for side in (one, other)))
    assert figure.interval is not None
    assert (figure.interval.high - figure.interval.low) / 2 == pytest.approx(half, rel=0.02)


def test_units_beyond_what_is_left_out_one_by_one_give_the_same_interval() -> None:
    generator = np.random.default_rng(3)
    truth = generator.normal(size=6 * GROUPS)
    one, other = (
        Paired(truth, truth + generator.normal(0, spread, len(truth)), None) for spread in (1.0, 1.2)
    )
    span = difference(one, other, LightMetric("neg_mean_squared_error"), same_rows=False).interval
    losses = [(side.truth - side.labels) ** 2 for side in (one, other)]
    half = 1.96 * np.sqrt(sum(loss.var() / len(loss) for loss in losses))
    assert span is not None
    assert (span.high - span.low) / 2 == pytest.approx(half, rel=0.1)


def test_pairs_tell_a_small_difference_that_separate_samples_do_not() -> None:
    good = answered(np.random.default_rng(4), 40)
    flipped = good.labels.copy()
    flipped[::20] = 0
    worse = Paired(good.truth, flipped, None, good.classes, 1, good.users)
    same, apart = (difference(worse, good, ACCURACY, same_rows=same) for same in (True, False))
    assert same.value == apart.value < 0
    assert same.interval is not None
    assert apart.interval is not None
    assert same.interval.high < 0 < apart.interval.high


def test_a_higher_level_is_a_wider_interval() -> None:
    generator = np.random.default_rng(5)
    one, other = answered(generator, 30), answered(generator, 50)
    narrow, wide = (
        difference(one, other, ACCURACY, same_rows=False, level=level).interval for level in (0.9, 0.99)
    )
    assert narrow is not None
    assert wide is not None
    assert wide.low < narrow.low < narrow.high < wide.high
    assert wide.level == 0.99


@pytest.mark.parametrize(("users", "least"), [(4, -0.9), (1000, -0.01)])
def test_versions_that_never_erred_are_alike_as_far_as_their_users_say(users: int, least: float) -> None:
    who = np.repeat(np.arange(users), 20)
    perfect = Paired(np.ones(len(who), dtype=int), np.ones(len(who), dtype=int), None, ("no", "yes"), 1, who)
    span = difference(perfect, perfect, ACCURACY, same_rows=False).interval
    assert span is not None
    assert least < span.low < 0 < span.high
    assert (span.low < -0.3) == (users == 4)


def test_a_single_user_says_nothing_of_others() -> None:
    one = answered(np.random.default_rng(6), 1)
    assert difference(one, one, ACCURACY, same_rows=True).interval is None


def test_a_user_who_gives_nearly_all_answers_says_nothing_of_others() -> None:
    labels = np.array([1, 0] * 200)
    most = Paired(np.ones(400, dtype=int), labels, None, ("no", "yes"), 1, np.array([0] * 399 + [1]))
    right = Paired(most.truth, most.truth, None, most.classes, 1, most.users)
    assert difference(most, right, ACCURACY, same_rows=True).interval is None


def test_a_metric_of_the_project_is_compared_too() -> None:
    def euros(truth: Any, said: Any, chance: Any) -> float:
        return 100.0 * float(np.mean(truth == said))

    generator = np.random.default_rng(7)
    one, other = answered(generator, 30), answered(generator, 30)
    figure = difference(one, other, ProjectMetric("euros", euros), same_rows=False)
    same = difference(one, other, ACCURACY, same_rows=False)
    assert figure.interval is not None
    assert same.interval is not None
    assert figure.interval.low == pytest.approx(100 * same.interval.low)


def test_a_difference_without_a_value_is_no_figure() -> None:
    one = answered(np.random.default_rng(8), 30)
    with pytest.raises(ValueError, match="has no value"):
        difference(one, one, LightMetric("roc_auc"), same_rows=False)
