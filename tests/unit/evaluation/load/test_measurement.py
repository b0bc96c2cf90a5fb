"""A measurement under load says what is missing in it, and whether the generator itself was the bottleneck."""

from __future__ import annotations

import numpy as np
import pytest

from trunkline.evaluation.load.measurement import Load


def measured(busy: float = 0.1) -> Load:
    """Return two good answers and a request that was never answered."""
    waits = np.array([8.0, 9.0, 12_000.0])
    return Load(seconds=1.0, due=3, sent=3, answered=2, latency_ms=waits, busy=busy)


def test_what_only_waited_is_not_an_answer() -> None:
    assert measured().unanswered == 1


@pytest.mark.parametrize(("busy", "saturated"), [(0.1, False), (0.9, False), (0.91, True)])
def test_a_generator_without_time_to_spare_is_the_bottleneck(busy: float, saturated: bool) -> None:
    assert measured(busy).saturated is saturated


def test_the_bottleneck_is_told_in_words() -> None:
    assert measured(0.97).bottleneck == "locust ran, or waited for a core, 97 % of the time"
