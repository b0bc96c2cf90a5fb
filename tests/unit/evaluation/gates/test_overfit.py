from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from cases import paired_case
from trunkline.core.verdicts import Verdict
from trunkline.evaluation.gates.overfit import Overfit
from trunkline.measure.metrics import Metrics
from trunkline.measure.paired import Paired


def asked(
    paired: Paired,
    train: Paired | None,
    rules: dict[str, Any] | None = None,
    metrics: Metrics | None = None,
    *,
    split: str = "stratified",
) -> Verdict:
    return Overfit().verdict(paired_case(paired, train, metrics=metrics, split=split, **(rules or {})))


def binary(rows: int = 200, strength: float = 1.0, seed: int = 0) -> Paired:
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, 2, rows)
    chance = 1 / (1 + np.exp(-strength * (2 * truth - 1) - generator.normal(size=rows)))
    return Paired(
        truth,
        (chance > 0.5).astype(int),
        np.stack([1 - chance, chance], axis=1),
        ("No", "Yes"),
        1,
        task="classification",
    )


def test_a_sum_of_the_projects_says_nothing_of_two_parts_of_other_sizes() -> None:
    def euros(truth: Any, answers: Any, chance: Any) -> float:
        return float(np.sum(np.where(truth == answers, 200.0, -100.0)))

    rules = {"metric": "euros"}
    found = asked(binary(), binary(2000, seed=1), rules, {"euros": euros})

    assert (found.outcome, found.stops) == ("inconclusive", True)
    assert "grows with the number of rows" in found.reason


def test_an_overfit_model_is_red_with_both_figures() -> None:
    found = asked(binary(strength=0.3), binary(strength=5.0, seed=1))

    assert (found.outcome, found.stops) == ("fail", True)
    assert "200 training rows" in found.reason
    assert found.figures[0].interval is not None
    assert found.figures[0].interval.low < found.figures[0].value < found.figures[0].interval.high


def test_a_gap_that_chance_may_have_made_is_told_and_stops_nothing() -> None:
    found = asked(binary(strength=0.6), binary(strength=1.2, seed=1))
    gap = found.figures[0]

    assert gap.interval is not None
    assert found.threshold is not None
    assert gap.interval.low < found.threshold < gap.value
    assert (found.outcome, found.stops) == ("inconclusive", False)
    assert "may be chance" in found.reason
    assert "more test rows" in found.advice


def test_a_model_as_good_on_both_parts_is_hardly_ever_called_overfit_on_few_rows() -> None:
    found = [asked(binary(80, 0.2, seed), binary(80, 0.2, 1000 + seed)) for seed in range(60)]

    assert sum(one.figures[0].value > 0.12 for one in found) > 2
    assert not any(one.stops for one in found)


@pytest.mark.parametrize("unit", [0.01, 1.0, 1000.0])
def test_the_overfit_gap_of_an_error_does_not_depend_on_its_unit(unit: float) -> None:
    def rents(noise: float, seed: int) -> Paired:
        generator = np.random.default_rng(seed)
        skill = generator.normal(size=400)
        return Paired(
            unit * (500 + 40 * skill),
            unit * (500 + 40 * (skill + noise * generator.normal(size=400))),
            None,
            task="regression",
        )

    rules = {"metric": "neg_root_mean_squared_error"}
    healthy = asked(rents(0.50, 0), rents(0.45, 1), rules, {})
    heart = asked(rents(0.50, 0), rents(0.10, 1), rules, {})

    assert (healthy.outcome, heart.outcome, heart.stops) == ("pass", "fail", True)
    assert healthy.threshold == pytest.approx(0.12 * 40 * unit, rel=0.1)
    assert "0.120 of the error of a model that ignores its inputs" in heart.reason
    assert "of the error of a model that ignores its inputs" in heart.reason


def test_the_overfit_gap_of_a_metric_in_euro_is_a_share_of_its_value() -> None:
    def euros(truth: Any, answers: Any, chance: Any) -> float:
        return float(np.mean(np.where(truth == answers, 200.0, -100.0)))

    rules = {"metric": "euros"}

    assert asked(binary(), binary(seed=1), rules, {"euros": euros}).outcome == "pass"
    assert asked(binary(strength=0.3), binary(strength=5.0), rules, {"euros": euros}).stops


def test_of_a_temporal_split_the_gap_may_be_drift_and_the_words_say_so() -> None:
    apart = binary(strength=0.3), binary(strength=5.0, seed=1)

    drifted = asked(*apart, split="temporal")
    shuffled = asked(*apart)
    healthy = asked(binary(), binary(seed=1), split="temporal")

    assert "what changed between them" in drifted.reason
    assert "cross-validat" in drifted.advice
    assert "simpler" in drifted.advice
    assert "changed" not in shuffled.reason + shuffled.advice
    assert (healthy.outcome, healthy.advice) == ("pass", "")


def test_a_model_as_good_on_new_rows_is_not_overfit() -> None:
    assert asked(binary(), binary(seed=1)).outcome == "pass"


def test_without_training_answers_overfitting_is_said_to_be_unknown_and_stops_nothing() -> None:
    found = asked(binary(), None)

    assert (found.outcome, found.stops) == ("inconclusive", False)


def test_too_few_test_rows_for_overfitting_ask_for_test_rows() -> None:
    found = asked(binary(rows=15), binary())

    assert (found.outcome, found.stops) == ("inconclusive", True)
    assert "more rows" in found.advice


def test_training_rows_of_one_class_leave_overfitting_inconclusive() -> None:
    train = binary()

    found = asked(binary(), train.take(train.truth == 1))

    assert (found.outcome, found.stops) == ("inconclusive", True)
