from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from trunkline.core.errors import DataError
from trunkline.core.figures import Figure, Interval
from trunkline.core.policy.gates import PerformanceGates
from trunkline.evaluation.gates.champion import Champion
from trunkline.measure.comparison import Comparison, compare, second_test
from trunkline.measure.delong import delong
from trunkline.measure.mcnemar import mcnemar
from trunkline.measure.metrics import Metric
from trunkline.measure.paired import Array, Paired
from trunkline.measure.scorers import find_metric
from trunkline.tasks.scale import Scale

RULES = PerformanceGates(margin=0.02)


def named(names: tuple[str, ...]) -> list[Metric]:
    """Return metrics by their names."""
    return [find_metric(name, {}) for name in names]


def model(skill: Array, truth: Array, noise: float, seed: int) -> Paired:
    score = skill + noise * np.random.default_rng(seed).normal(size=len(skill))
    chance = 1 / (1 + np.exp(-score))
    return Paired(
        truth,
        (chance > 0.5).astype(int),
        np.stack([1 - chance, chance], axis=1),
        ("No", "Yes"),
        1,
        task="classification",
    )


def world(rows: int, seed: int) -> tuple[Array, Array]:
    generator = np.random.default_rng(seed)
    skill = generator.normal(size=rows)
    return skill, (skill + generator.normal(size=rows) > 0).astype(int)


def comparison(value: float, low: float, high: float, rows: int = 600, p_value: float = 0.01) -> Comparison:
    difference = Figure(
        name="difference:roc_auc", value=value, rows=rows, interval=Interval(low=low, high=high)
    )
    return Comparison(
        "roc_auc", 0.8 + value, 0.8, difference, (high - low) / 2 / 1.96, "DeLong's test", p_value
    )


@pytest.mark.parametrize(
    ("value", "low", "high", "outcome", "stops", "words"),
    [
        (0.03, 0.01, 0.05, "pass", False, "The challenger is better"),
        (0.00, -0.01, 0.01, "pass", False, "The challenger is not worse"),
        (-0.01, -0.015, -0.005, "pass", False, "worse, but within the margin"),
        (-0.01, -0.03, 0.01, "inconclusive", False, "cannot tell"),
        (-0.03, -0.05, 0.00, "inconclusive", True, "cannot tell"),
        (-0.08, -0.10, -0.06, "fail", True, "worse by more than the margin"),
    ],
)
def test_the_interval_of_the_difference_decides(
    value: float, low: float, high: float, outcome: str, stops: bool, words: str
) -> None:
    found = Champion().judge(comparison(value, low, high), (), RULES)

    assert (found.outcome, found.stops) == (outcome, stops)
    assert words in found.reason
    assert found.threshold == -0.02


@pytest.mark.parametrize(
    ("value", "low", "high", "outcome", "stops", "words"),
    [
        (0.03, 0.001, 0.05, "pass", False, "The challenger is not worse"),
        (-0.01, -0.015, -0.001, "pass", False, "The challenger is not worse"),
        (-0.05, -0.08, -0.021, "inconclusive", True, "cannot tell"),
    ],
)
def test_better_and_worse_are_only_said_where_the_second_test_agrees(
    value: float, low: float, high: float, outcome: str, stops: bool, words: str
) -> None:
    found = Champion().judge(comparison(value, low, high, p_value=0.06), (), RULES)

    assert (found.outcome, found.stops) == (outcome, stops)
    assert words in found.reason
    assert "DeLong's test does not confirm a difference" in found.reason
    assert "DeLong's test: p = 0.060" in found.reason


@pytest.mark.parametrize(
    ("undecided", "above", "below"),
    [("report", False, False), ("worse", False, True), ("stop", True, True)],
)
def test_the_policy_says_whether_an_open_comparison_stops(undecided: str, above: bool, below: bool) -> None:
    rules = PerformanceGates.model_validate({"margin": 0.02, "undecided": undecided})

    near = Champion().judge(comparison(-0.01, -0.03, 0.01), (), rules)
    beyond = Champion().judge(comparison(-0.03, -0.05, 0.00), (), rules)
    worse = Champion().judge(comparison(-0.08, -0.10, -0.06), (), rules)

    assert {near.outcome, beyond.outcome} == {"inconclusive"}
    assert (near.stops, beyond.stops, worse.stops) == (above, below, True)
    assert "gates.performance.undecided" in near.advice


def test_the_margin_of_an_error_is_a_share_of_its_scale() -> None:
    rents = Scale(size=200.0, of="the error of a model that ignores its inputs")

    within = Champion().judge(comparison(-3.0, -3.9, -2.1), (), RULES, scale=rents)
    beyond = Champion().judge(comparison(-5.0, -5.9, -4.1), (), RULES, scale=rents)

    assert (within.outcome, within.threshold) == ("pass", -4.0)
    assert (beyond.outcome, beyond.stops) == ("fail", True)
    assert "0.020 of the error of a model that ignores its inputs" in within.reason


def test_each_metric_has_the_test_that_is_apt() -> None:
    skill, truth = world(300, 0)
    first, second = model(skill, truth, 0.5, 1), model(skill, truth, 0.9, 2)
    assert first.probabilities is not None
    assert second.probabilities is not None

    assert second_test("roc_auc", first, second, 0.1, 0.1) == (
        "DeLong's test",
        delong(truth == 1, first.probabilities[:, 1], second.probabilities[:, 1]),
    )
    assert second_test("accuracy", first, second, 0.1, 0.1) == (
        "McNemar's test",
        mcnemar(first.labels == truth, second.labels == truth),
    )
    name, p_value = second_test("f1", first, second, 0.2, 0.1)
    assert name == "Student's t test"
    assert p_value == pytest.approx(0.046, abs=0.001)


def test_an_inconclusive_comparison_says_how_many_rows_would_decide_it() -> None:
    one = comparison(-0.01, -0.03, 0.01)

    assert one.rows_to_decide(0.02) == pytest.approx(2400, rel=0.01)
    assert "about 2,4" in Champion().judge(one, (), RULES).reason


def test_a_difference_that_lies_on_the_margin_is_never_decided() -> None:
    one = comparison(-0.02, -0.04, 0.0)

    assert one.rows_to_decide(0.02) is None
    assert "more test rows than are worth waiting for" in Champion().judge(one, (), RULES).reason


def test_the_number_of_rows_is_enough_when_they_are_there() -> None:
    skill, truth = world(300, 7)
    first, second = model(skill, truth, 0.9, 1), model(skill, truth, 0.9, 2)
    (before,) = compare(first, second, named(("roc_auc",)), 400, 0)
    needed = before.rows_to_decide(0.02)
    assert Champion().judge(before, (), RULES).outcome == "inconclusive"
    assert needed is not None
    # Half as many again: the two ends of a bootstrap interval do not lie equally far from the point.
    many = np.tile(np.arange(300), -(-needed * 3 // 600))

    (after,) = compare(first.take(many), second.take(many), named(("roc_auc",)), 400, 0)

    assert Champion().judge(after, (), RULES).outcome != "inconclusive"


def test_without_a_comparison_the_gate_is_inconclusive_and_stops() -> None:
    found = Champion().judge(None, (), RULES, problem="There are 5 rows.")

    assert (found.outcome, found.stops, found.reason) == ("inconclusive", True, "There are 5 rows.")


def test_a_metric_that_one_model_has_no_value_for_is_left_out() -> None:
    skill, truth = world(200, 0)
    whole = model(skill, truth, 0.1, 1)
    bare = Paired(whole.truth, whole.labels, None, whole.classes, 1, task="classification")

    assert [one.metric for one in compare(whole, bare, named(("roc_auc", "accuracy")), 200, 0)] == [
        "accuracy"
    ]


def test_a_model_compared_with_itself_differs_by_nothing() -> None:
    skill, truth = world(200, 0)
    same = model(skill, truth, 0.1, 1)

    for one in compare(same, same, named(("roc_auc", "accuracy", "neg_log_loss")), 200, 0):
        assert one.difference.interval == Interval(low=0.0, high=0.0)
        assert Champion().judge(one, (), RULES).outcome == "pass"


def test_answers_to_other_rows_are_refused() -> None:
    skill, truth = world(200, 0)
    one = model(skill, truth, 0.1, 1)

    with pytest.raises(DataError, match="did not answer the same rows"):
        compare(one, one.take(np.arange(100)), named(("accuracy",)), 200, 0)
    with pytest.raises(DataError, match="different outcomes"):
        compare(one, one.take(np.arange(200)[::-1]), named(("accuracy",)), 200, 0)


def regressor(skill: Array, truth: Array, noise: float, seed: int) -> Paired:
    return Paired(
        truth, skill + noise * np.random.default_rng(seed).normal(size=len(skill)), None, task="regression"
    )


CLASSIFIER = ("roc_auc", "accuracy", "f1")
REGRESSION = ("neg_mean_absolute_error", "neg_root_mean_squared_error")


def claims(rows: int, noises: tuple[float, float], draws: int) -> dict[str, list[Comparison]]:
    """Return comparisons of two models with so much noise, on new rows each time."""
    found: dict[str, list[Comparison]] = {name: [] for name in (*CLASSIFIER, *REGRESSION)}
    for seed in range(draws):
        skill, truth = world(rows, seed)
        amount = 40 * (skill + np.random.default_rng(seed).standard_t(4, size=rows))
        for make, target, names in (
            (model, truth, CLASSIFIER),
            (regressor, amount, REGRESSION),
        ):
            scale = 40 if make is regressor else 1
            pair = [
                make(scale * skill, target, scale * noise, 1000 * k + seed)
                for k, noise in enumerate(noises, 1)
            ]
            for one in compare(pair[0], pair[1], named(names), 200, seed):
                found[one.metric].append(one)
    return found


def test_equally_good_models_are_rarely_called_better_or_worse() -> None:
    found = claims(400, (0.7, 0.7), 100)

    said = {name: sum(one.better or one.worse for one in each) for name, each in found.items()}
    assert max(said.values()) <= 5, said


def test_worse_models_are_called_worse_by_every_metric() -> None:
    found = claims(4000, (1.2, 0.4), 5)

    assert {name: sum(one.worse for one in each) for name, each in found.items()} == dict.fromkeys(found, 5)
    for each in found.values():
        for one in each:
            assert Champion().judge(one, (), PerformanceGates(metric=one.metric)).outcome == "fail"


def test_a_gain_of_two_hundredths_of_auc_is_found_on_ten_thousand_rows() -> None:
    found = 0
    for seed in range(10):
        skill, truth = world(10_000, seed)
        good, worse = model(skill, truth, 0.50, 1000 + seed), model(skill, truth, 0.66, 5000 + seed)
        (one,) = compare(good, worse, named(("roc_auc",)), 200, seed)
        assert 0.01 < one.difference.value < 0.045
        found += Champion().judge(one, (), RULES).reason.startswith("The challenger is better")

    assert found >= 9


def of_users(users: int, each: int, seed: int) -> tuple[Paired, Paired]:
    """Return two equally good models whose errors are the same for all rows of a user."""
    generator = np.random.default_rng([seed, users])
    who = np.repeat(np.arange(users), each)
    skill = generator.normal(size=users)[who] + 0.3 * generator.normal(size=len(who))
    truth = (skill + generator.normal(size=len(who)) > 0).astype(int)
    first, second = (
        model(skill + 0.7 * generator.normal(size=users)[who], truth, 0.0, seed) for _ in range(2)
    )
    return replace(first, users=who), replace(second, users=who)


def test_equally_good_models_are_rarely_called_better_or_worse_where_users_repeat() -> None:
    said: dict[str, list[bool]] = {}
    alone: dict[str, list[bool]] = {}
    for seed in range(60):
        pair = of_users(80, 15, seed)
        by_row = tuple(replace(one, users=None) for one in pair)
        for found, models in ((said, pair), (alone, by_row)):
            for one in compare(models[0], models[1], named(CLASSIFIER), 200, seed):
                found.setdefault(one.metric, []).append(one.better or one.worse)

    assert max(map(sum, said.values())) <= 3, said
    assert min(map(sum, alone.values())) > 6, alone


def test_a_comparison_says_how_many_users_its_rows_are_from_and_how_many_would_decide() -> None:
    first, second = of_users(60, 5, 3)
    (one,) = compare(first, second, named(("roc_auc",)), 200, 0)
    needed = one.rows_to_decide(0.02)
    found = Champion().judge(one, (), RULES)

    assert "300 rows of 60 users" in found.reason
    assert "DeLong's test by user: p" in found.reason
    assert needed is not None
    assert (
        f"about {needed:,} test rows (of about {-(-needed * 60 // 300):,} users, as many rows each)"
        in found.reason
    )


def test_rows_of_a_single_user_are_not_compared() -> None:
    first, second = of_users(1, 200, 0)
    (one,) = compare(first, second, named(("accuracy",)), 200, 0)

    assert one.difference.interval is None
    assert Champion().judge(one, (), RULES).outcome == "inconclusive"
