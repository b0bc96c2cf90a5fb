from __future__ import annotations

import numpy as np
import pytest

from trunkline.core.errors import DataError
from trunkline.core.gates import PerformanceGates
from trunkline.core.records import Figure, Interval
from trunkline.evaluation.comparison import Comparison, champion_verdict, compare
from trunkline.evaluation.scored import Array, Paired

RULES = PerformanceGates(margin=0.02)


def model(skill: Array, truth: Array, noise: float, seed: int) -> Paired:
    score = skill + noise * np.random.default_rng(seed).normal(size=len(skill))
    chance = 1 / (1 + np.exp(-score))
    return Paired(truth, (chance > 0.5).astype(int), np.stack([1 - chance, chance], axis=1), ("No", "Yes"), 1)


def world(rows: int, seed: int) -> tuple[Array, Array]:
    generator = np.random.default_rng(seed)
    skill = generator.normal(size=rows)
    return skill, (skill + generator.normal(size=rows) > 0).astype(int)


def comparison(value: float, low: float, high: float, rows: int = 600) -> Comparison:
    difference = Figure(
        name="difference:roc_auc", value=value, rows=rows, interval=Interval(low=low, high=high)
    )
    return Comparison("roc_auc", 0.8 + value, 0.8, difference, spread=(high - low) / 2 / 1.96)


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
    found = champion_verdict(comparison(value, low, high), (), RULES)

    assert (found.outcome, found.stops) == (outcome, stops)
    assert words in found.reason
    assert found.threshold == -0.02


def test_an_inconclusive_comparison_says_how_many_rows_would_decide_it() -> None:
    one = comparison(-0.01, -0.03, 0.01)

    assert one.rows_to_decide(0.02) == pytest.approx(2400, rel=0.01)
    assert "about 2,4" in champion_verdict(one, (), RULES).reason


def test_a_difference_that_lies_on_the_margin_is_never_decided() -> None:
    one = comparison(-0.02, -0.04, 0.0)

    assert one.rows_to_decide(0.02) is None
    assert "more test rows than are worth waiting for" in champion_verdict(one, (), RULES).reason


def test_the_number_of_rows_is_enough_when_they_are_there() -> None:
    skill, truth = world(300, 7)
    first, second = model(skill, truth, 0.9, 1), model(skill, truth, 0.9, 2)
    (before,) = compare(first, second, ("roc_auc",), {}, 400, 0)
    needed = before.rows_to_decide(0.02)
    assert champion_verdict(before, (), RULES).outcome == "inconclusive"
    assert needed is not None
    # Half as many again: the two ends of a bootstrap interval do not lie equally far from the point.
    many = np.tile(np.arange(300), -(-needed * 3 // 600))

    (after,) = compare(first.take(many), second.take(many), ("roc_auc",), {}, 400, 0)

    assert champion_verdict(after, (), RULES).outcome != "inconclusive"


def test_without_a_comparison_the_gate_is_inconclusive_and_stops() -> None:
    found = champion_verdict(None, (), RULES, problem="There are 5 rows.")

    assert (found.outcome, found.stops, found.reason) == ("inconclusive", True, "There are 5 rows.")


def test_a_metric_that_one_model_has_no_value_for_is_left_out() -> None:
    skill, truth = world(200, 0)
    whole = model(skill, truth, 0.1, 1)
    bare = Paired(whole.truth, whole.labels, None, whole.classes, 1)

    assert [one.metric for one in compare(whole, bare, ("roc_auc", "accuracy"), {}, 200, 0)] == ["accuracy"]


def test_a_model_compared_with_itself_differs_by_nothing() -> None:
    skill, truth = world(200, 0)
    same = model(skill, truth, 0.1, 1)

    for one in compare(same, same, ("roc_auc", "accuracy", "neg_log_loss"), {}, 200, 0):
        assert one.difference.interval == Interval(low=0.0, high=0.0)
        assert champion_verdict(one, (), RULES).outcome == "pass"


def test_answers_to_other_rows_are_refused() -> None:
    skill, truth = world(200, 0)
    one = model(skill, truth, 0.1, 1)

    with pytest.raises(DataError, match="did not answer the same rows"):
        compare(one, one.take(np.arange(100)), ("accuracy",), {}, 200, 0)
    with pytest.raises(DataError, match="different outcomes"):
        compare(one, one.take(np.arange(200)[::-1]), ("accuracy",), {}, 200, 0)


def test_equally_good_models_are_rarely_called_better_or_worse() -> None:
    draws, claims = 100, 0
    for seed in range(draws):
        skill, truth = world(400, seed)
        first, second = model(skill, truth, 0.7, 1000 + seed), model(skill, truth, 0.7, 5000 + seed)
        (found,) = compare(first, second, ("roc_auc",), {}, 300, seed)
        span = found.difference.interval
        assert span is not None
        claims += span.low > 0 or span.high < 0

    # Nominal is 5 in 100; eleven or more would come by chance once in a hundred such tests.
    assert claims <= 10


def test_a_gain_of_two_hundredths_of_auc_is_found_on_ten_thousand_rows() -> None:
    found = 0
    for seed in range(10):
        skill, truth = world(10_000, seed)
        good, worse = model(skill, truth, 0.50, 1000 + seed), model(skill, truth, 0.66, 5000 + seed)
        (one,) = compare(good, worse, ("roc_auc",), {}, 200, seed)
        assert 0.01 < one.difference.value < 0.045
        found += champion_verdict(one, (), RULES).reason.startswith("The challenger is better")

    assert found >= 9
