from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trunkline.core.figures import Figure, Interval
from trunkline.core.policy.gates import PerformanceGates
from trunkline.evaluation import Scored
from trunkline.evaluation.case import Case
from trunkline.evaluation.gates.floor import OwnMetric, floor_verdict
from trunkline.evaluation.performance.figures import too_little
from trunkline.measure.paired import Paired

RULES = PerformanceGates(resamples=200)


def binary(rows: int = 200, strength: float = 1.0, seed: int = 0) -> Paired:
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, 2, rows)
    chance = 1 / (1 + np.exp(-strength * (2 * truth - 1) - generator.normal(size=rows)))
    return Paired(truth, (chance > 0.5).astype(int), np.stack([1 - chance, chance], axis=1), ("No", "Yes"), 1)


@pytest.mark.parametrize(("value", "outcome"), [(0.71, "pass"), (0.70, "pass"), (0.69, "fail")])
def test_the_point_decides_about_a_floor(value: float, outcome: str) -> None:
    figure = Figure(name="roc_auc", value=value, rows=200, interval=Interval(low=0.6, high=0.8))

    found = floor_verdict("roc_auc", 0.70, [figure], {}, binary(), {})

    assert found.outcome == outcome
    assert found.gate == "performance/floor:roc_auc"
    assert ("could have failed" in found.reason) == (outcome == "pass")


def test_the_floor_of_a_slice_names_the_slice_and_its_key() -> None:
    figure = Figure(name="roc_auc", value=0.6, rows=200, group="young")
    whole = Figure(name="roc_auc", value=0.9, rows=200)

    found = floor_verdict(
        "roc_auc",
        0.7,
        [whole, figure],
        {},
        binary(),
        {},
        within="young",
        key="gates.performance.slices.0.floors",
    )

    assert (found.gate, found.outcome) == ("performance/slice:young:roc_auc", "fail")
    assert "on the slice young" in found.question
    assert "lower gates.performance.slices.0.floors.roc_auc" in found.advice


def test_a_group_figure_is_not_taken_for_the_whole() -> None:
    figure = Figure(name="roc_auc", value=0.9, rows=200, group="sex=Male")

    assert floor_verdict("roc_auc", 0.7, [figure], {}, binary(), {}).outcome == "inconclusive"


def test_a_test_part_of_one_class_or_few_rows_says_nothing() -> None:
    paired = binary()
    figure = Figure(name="accuracy", value=0.9, rows=20)

    assert "All" in too_little(paired.take(paired.truth == 1))
    few = floor_verdict("accuracy", 0.5, [figure], {}, paired.take(np.arange(20)), {})
    assert (few.outcome, few.stops) == ("inconclusive", True)
    assert "20 rows" in few.reason


def test_a_broken_metric_makes_its_floor_inconclusive() -> None:
    problems = {"euros": "raised KeyError"}

    with_floor = floor_verdict("euros", 10, [], problems, binary(), {})

    assert with_floor.stops
    assert "raised KeyError" in with_floor.reason


def test_a_broken_metric_without_a_floor_is_a_red_gate_of_its_own(
    case: Callable[..., Case], rows: Callable[..., pd.DataFrame], answer: Callable[..., Scored]
) -> None:
    def broken(*_: Any) -> float:
        raise KeyError("price")

    asked = {"test": answer(rows(100)), "metrics": {"euros": broken}}

    assert list(OwnMetric().verdicts(case(performance={"floors": {"euros": 1}}, **asked))) == []
    (own,) = OwnMetric().verdicts(case(performance={"floors": {}}, **asked))
    assert (own.gate, own.outcome, own.stops) == ("performance/metric:euros", "fail", True)
