from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from trunkline.measure.bootstrap import Statistic
from trunkline.measure.difference import difference
from trunkline.measure.metrics import LightMetric, ProjectMetric
from trunkline.measure.paired import Paired
from trunkline.measure.quality import measure_all, measure_quality
from trunkline.measure.sums import mean

AUC = LightMetric("roc_auc")


def classified(rows: int = 200, seed: int = 1, strength: float = 2.0) -> Paired:
    random = np.random.default_rng(seed)
    # Rounded, so that scores tie.
    score = np.round(1 / (1 + np.exp(-strength * random.normal(size=rows))), 2)
    truth = (random.random(rows) < score).astype(int)
    return Paired(truth, (score > 0.5).astype(int), np.c_[1 - score, score], ("No", "Yes"), 1)


def test_the_interval_covers_the_true_quality_as_often_as_it_says() -> None:
    true = AUC.value(classified(200_000, seed=9))
    figures = [measure_all(classified(200, seed), [AUC], resamples=300)[0][0] for seed in range(100, 300)]
    covered = sum(one.interval.low <= true <= one.interval.high for one in figures if one.interval)
    # 190 of 200 are expected; percentile intervals fall a little short on 200 rows.
    assert 178 <= covered < 200


def test_the_same_answers_give_the_same_interval() -> None:
    assert measure_quality(classified(), AUC) == measure_quality(classified(), AUC)


def test_a_metric_has_the_same_interval_whatever_else_is_asked() -> None:
    figures, _ = measure_all(classified(), [LightMetric("accuracy"), AUC, LightMetric("neg_log_loss")])

    assert measure_quality(classified(), AUC) in figures


def test_many_rows_have_the_interval_of_the_textbook() -> None:
    figure = measure_quality(classified(9000), LightMetric("accuracy"))
    assert figure.interval is not None
    half = 1.96 * (figure.value * (1 - figure.value) / 9000) ** 0.5
    assert figure.interval.high - figure.interval.low == pytest.approx(2 * half, rel=0.1)


def test_a_projects_own_metric_is_measured_too() -> None:
    def profit(truth: Any, labels: Any, scores: Any) -> float:
        return float(np.mean((labels == "Yes") * np.where(truth == "Yes", 1.0, -2.0)))

    figure = measure_quality(classified(), ProjectMetric("profit", profit))
    assert figure.interval is not None
    assert figure.interval.low < figure.value < figure.interval.high


def test_a_metric_without_a_value_says_so() -> None:
    paired = classified()

    with pytest.raises(ValueError, match="roc_auc has no value"):
        measure_quality(paired.take(paired.truth == 1), AUC)
    with pytest.raises(ValueError, match="ZeroDivisionError"):
        measure_quality(paired, ProjectMetric("profit", lambda *_: 1 / 0))


class FirstRanks:
    """A metric of another task: how early the right one comes in a ranking, one value a row and their mean."""

    name = "mean_reciprocal_rank"

    def value(self, paired: Paired) -> float:
        return float(np.mean(1 / paired.labels))

    def statistic(self, paired: Paired) -> Statistic:
        return mean(1 / paired.labels)


def test_a_task_brings_metrics_that_nobody_here_knows() -> None:
    random = np.random.default_rng(6)
    users = np.repeat(np.arange(40), 5)
    one, other = (Paired(np.zeros(200), random.integers(1, most, 200), None, users=users) for most in (4, 9))

    figure = measure_quality(one, FirstRanks())
    apart = difference(one, other, FirstRanks(), same_rows=False)

    assert figure.interval is not None
    assert figure.interval.low < figure.value < figure.interval.high
    assert apart.interval is not None
    assert apart.interval.low > 0
