from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from trunkline.core.errors import ProjectError
from trunkline.measure.metrics import ProjectMetric
from trunkline.measure.paired import Paired

TRUTH = np.array([0, 1, 1, 0, 1, 1])
ANSWERS = np.array([0, 1, 0, 0, 1, 1])
CHANCES = np.array([0.2, 0.9, 0.4, 0.1, 0.8, 0.7])
PAIRED = Paired(TRUTH, ANSWERS, np.stack([1 - CHANCES, CHANCES], axis=1), ("No", "Yes"), 1)


@pytest.mark.parametrize(
    "function",
    [
        lambda truth, answers, _: float(np.sum(truth == answers)),
        lambda truth, answers, _: -10.0 * float(np.sum(truth != answers)),
    ],
)
def test_a_sum_over_rows_is_refused_with_what_to_return_instead(function: Any) -> None:
    with pytest.raises(ProjectError, match="grows with the number of rows") as caught:
        ProjectMetric("euros", function).value(PAIRED)

    assert "mean" in caught.value.next_step


@pytest.mark.parametrize(
    "function",
    [
        lambda truth, answers, _: float(np.mean(truth == answers)),
        lambda truth, answers, _: float(np.sqrt(np.mean(truth != answers))),
        lambda *_: 0.0,
        lambda *_: 5.0,
        lambda truth, answers, chance: float(np.std(chance, ddof=1)),
        lambda truth, answers, chance: float((truth[np.argsort(-chance)[:2]] == "Yes").mean()),
    ],
)
def test_what_does_not_grow_with_the_rows_is_a_metric(function: Any) -> None:
    assert np.isfinite(ProjectMetric("own", function).value(PAIRED))
