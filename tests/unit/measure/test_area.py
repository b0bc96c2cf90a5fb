from __future__ import annotations

import numpy as np
import pytest

from trunkline.measure.area import area_effect, area_interval
from trunkline.measure.paired import Paired


def test_the_interval_is_about_the_one_of_hanley_and_mcneil_where_rows_are_many() -> None:
    area, rows = 0.8, 5000
    first, second = area / (2 - area), 2 * area**2 / (1 + area)
    variance = (
        area * (1 - area) + (rows - 1) * (first - area**2) + (rows - 1) * (second - area**2)
    ) / rows**2

    found = area_interval(area, rows, rows)

    assert found.low == pytest.approx(area - 1.96 * np.sqrt(variance), abs=1e-3)
    assert found.high == pytest.approx(area + 1.96 * np.sqrt(variance), abs=1e-3)


@pytest.mark.parametrize(("area", "low", "high"), [(1.0, 0.85, 1.0), (0.0, 0.0, 0.15)])
def test_a_perfect_area_of_few_rows_is_not_certain(area: float, low: float, high: float) -> None:
    found = area_interval(area, 30, 30)

    assert (found.low, found.high) == pytest.approx((low, high), abs=0.1)
    assert found.high - found.low > 0.02


def test_one_row_of_each_outcome_says_next_to_nothing() -> None:
    found = area_interval(1.0, 1, 1)

    assert found.low < 0.25
    assert found.high == 1.0


@pytest.mark.parametrize(("positives", "negatives"), [(30, 30), (15, 300), (300, 15)])
def test_the_true_area_is_within_the_interval_as_often_as_it_says(positives: int, negatives: int) -> None:
    generator, true, times = np.random.default_rng(0), 0.7602, 300  # of two normals one apart
    held = 0
    for _ in range(times):
        up, down = generator.normal(1, size=positives), generator.normal(0, size=negatives)
        span = area_interval(float((up[:, None] > down).mean()), positives, negatives)
        held += span.low <= true <= span.high

    assert held >= 0.92 * times


def test_where_users_repeat_the_area_is_worth_what_their_number_is() -> None:
    generator = np.random.default_rng(0)
    who = np.repeat(np.arange(200), 10)
    score, truth = generator.normal(size=200)[who], (np.arange(200) % 2)[who]
    score = 1 / (1 + np.exp(-score - truth))
    alike = Paired(
        truth, (score > 0.5).astype(int), np.stack([1 - score, score], axis=1), ("No", "Yes"), 1, who
    )

    assert area_effect(alike) == pytest.approx(10, rel=0.05)
    assert area_effect(Paired(truth, alike.labels, alike.probabilities, alike.classes, 1)) == 1.0
