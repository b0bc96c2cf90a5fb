from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from trunkline.core.errors import PolicyError
from trunkline.monitoring import Labelled, compare_quality, measure_quality
from trunkline.monitoring.metrics import METRICS
from trunkline.monitoring.quality import ignorant_quality

START = datetime(2026, 1, 1, tzinfo=UTC)


def _times(rows: int) -> tuple[datetime, ...]:
    return tuple(START + timedelta(minutes=row) for row in range(rows))


def _classified(rows: int = 200, seed: int = 1, strength: float = 2.0) -> Labelled:
    random = np.random.default_rng(seed)
    signal = random.normal(size=rows)
    # Rounded, so that scores tie.
    score = np.round(1 / (1 + np.exp(-strength * signal)), 2)
    truth = np.where(random.random(rows) < score, "Yes", "No").astype(object)
    labels = np.where(score > 0.5, "Yes", "No").astype(object)
    return Labelled(_times(rows), truth, labels, np.c_[1 - score, score], ("No", "Yes"), "Yes")


def _regressed(rows: int = 100) -> Labelled:
    truth = np.random.default_rng(3).normal(10, 3, rows)
    return Labelled(_times(rows), truth, truth + 1)


def test_the_interval_covers_the_true_quality_as_often_as_it_says() -> None:
    everyone = _classified(200_000, seed=9)
    true = float(METRICS["roc_auc"](everyone, np.ones((1, len(everyone))))[0])
    figures = [measure_quality(_classified(200, seed), "roc_auc", resamples=300) for seed in range(100, 300)]
    covered = sum(one.interval.low <= true <= one.interval.high for one in figures if one.interval)
    # 190 of 200 are expected; percentile intervals fall a little short on 200 rows.
    assert 178 <= covered < 200


def test_the_same_answers_give_the_same_interval() -> None:
    assert measure_quality(_classified(), "roc_auc") == measure_quality(_classified(), "roc_auc")


def test_blocks_of_resamples_bound_the_memory_without_changing_the_kind_of_answer() -> None:
    figure = measure_quality(_classified(9000), "accuracy", resamples=1000)
    assert figure.interval is not None
    half = 1.96 * (figure.value * (1 - figure.value) / 9000) ** 0.5
    assert figure.interval.high - figure.interval.low == pytest.approx(2 * half, rel=0.1)


def test_a_projects_own_metric_is_measured_too() -> None:
    def profit(truth: Any, labels: Any, scores: Any) -> float:
        return float(np.mean((labels == "Yes") * np.where(truth == "Yes", 1.0, -2.0)))

    data = _classified()
    figure = measure_quality(data, "profit", metrics={"profit": profit}, resamples=200)
    assert figure.value == profit(data.truth, data.labels, None)
    assert figure.interval is not None
    assert figure.interval.low < figure.value < figure.interval.high


def test_an_unknown_metric_is_refused_with_those_there_are() -> None:
    with pytest.raises(PolicyError, match=r"roc_auk.*accuracy.*roc_auc"):
        measure_quality(_classified(), "roc_auk")


def test_a_metric_without_a_value_says_so() -> None:
    one_class = _classified()
    alike = Labelled(
        one_class.times,
        np.full(200, "Yes", dtype=object),
        one_class.labels,
        one_class.probabilities,
        ("No", "Yes"),
        "Yes",
    )
    with pytest.raises(ValueError, match="roc_auc has no value"):
        measure_quality(alike, "roc_auc")


@pytest.mark.parametrize(
    ("name", "expected"), [("roc_auc", 0.5), ("balanced_accuracy", 0.5), ("average_precision", None)]
)
def test_a_model_that_ignores_its_inputs_has_its_known_quality(name: str, expected: float | None) -> None:
    data = _classified()
    share = float((data.truth == "Yes").mean())
    assert ignorant_quality(data, name) == pytest.approx(share if expected is None else expected)


def test_the_mean_explains_nothing() -> None:
    assert ignorant_quality(_regressed(), "r2") == pytest.approx(0.0)


def test_pairs_tell_a_small_difference_that_separate_samples_do_not() -> None:
    good = _classified(400)
    flipped = good.labels.copy()
    flipped[:20] = np.where(good.truth[:20] == "Yes", "No", "Yes")
    worse = Labelled(good.times, good.truth, flipped, good.probabilities, good.classes, good.positive)
    paired = compare_quality(worse, good, "accuracy", paired=True)
    apart = compare_quality(worse, good, "accuracy", paired=False)
    assert paired.value == apart.value < 0
    assert paired.interval
    assert apart.interval
    assert paired.interval.high < 0 < apart.interval.high


def test_a_higher_level_is_a_wider_interval() -> None:
    one, two = _classified(200, 1), _classified(300, 2)
    spans = [
        compare_quality(one, two, "roc_auc", paired=False, level=level).interval for level in (0.9, 0.99)
    ]
    assert spans[0]
    assert spans[1]
    assert spans[1].low < spans[0].low < spans[0].high < spans[1].high
    assert spans[1].level == 0.99


def test_a_difference_without_a_value_is_no_figure() -> None:
    one = _classified()
    same = Labelled(
        one.times, np.full(len(one), "Yes", dtype=object), one.labels, one.probabilities, one.classes, "Yes"
    )
    with pytest.raises(ValueError, match="has no value"):
        compare_quality(same, one, "roc_auc", paired=False)
