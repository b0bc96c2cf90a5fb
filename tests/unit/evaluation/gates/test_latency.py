"""Latency under load: limits that are broken stop a release, and what cannot be told does not pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from trunkline.core.policy.gates import LoadGates
from trunkline.core.verdicts import Verdict
from trunkline.evaluation.gates.latency import Latency
from trunkline.evaluation.load.measurement import Load, LoadCase

RULES = LoadGates(rate=50, seconds=20, latency_p95_ms=100)


def quick(rows: int = 1000, *, seed: int = 1, scale: float = 10.0) -> np.ndarray:
    """Return latencies in milliseconds."""
    return np.random.default_rng(seed).exponential(scale, rows)


def loaded(**changes: Any) -> Load:
    """Return a healthy measurement with some things changed."""
    given: dict[str, Any] = {"latency_ms": quick(), "late_ms": np.full(1000, 0.5)} | changes
    rows = len(given["latency_ms"])
    return Load(**({"seconds": 20.0, "due": rows, "sent": rows, "answered": rows} | given))


def judged(load: Load, rules: LoadGates = RULES) -> Verdict:
    """Return the verdict on the limits that are set."""
    return Latency().verdict(LoadCase(load, rules))


def test_percentiles_are_shown_with_intervals_though_only_one_is_asked() -> None:
    figures = {figure.name: figure for figure in judged(loaded()).figures}
    assert set(figures) == {"latency_p50_ms", "latency_p95_ms", "latency_p99_ms"}
    for figure in figures.values():
        assert figure.rows == 1000
        assert figure.interval is not None
        assert figure.interval.low <= figure.value <= figure.interval.high


def test_a_limit_within_the_interval_is_no_reason_to_stop() -> None:
    p95 = float(np.quantile(quick(), 0.95))
    verdict = judged(loaded(), RULES.model_copy(update={"latency_p95_ms": p95 - 0.5}))
    assert verdict.outcome == "inconclusive"
    assert not verdict.stops
    assert "within the interval" in verdict.reason
    assert verdict.advice


@pytest.mark.parametrize(
    ("limits", "threshold"),
    [
        ({"latency_p50_ms": 1.0}, 1.0),
        ({"latency_p99_ms": 20.0, "latency_p50_ms": 60.0}, 20.0),
        ({"latency_p99_ms": 90.0, "latency_p50_ms": 1.0}, 1.0),
    ],
)
def test_the_limit_that_is_broken_decides(limits: dict[str, float], threshold: float) -> None:
    verdict = judged(loaded(latency_ms=quick(2000)), RULES.model_copy(update=limits))
    assert verdict.outcome == "fail"
    assert verdict.threshold == threshold


def test_too_few_answers_for_a_percentile_are_no_pass() -> None:
    load = loaded(due=60, sent=60, latency_ms=quick(60))
    verdict = judged(load)
    assert verdict.outcome == "inconclusive"
    assert verdict.stops
    assert "At least 72" in verdict.reason


def test_a_service_that_is_far_too_slow_fails_even_with_few_answers() -> None:
    verdict = judged(loaded(due=60, sent=60, latency_ms=quick(60) + 1000))
    assert verdict.outcome == "fail"


def test_several_percentiles_at_once_ask_for_more_certainty() -> None:
    one = judged(loaded()).figures[1].interval
    rules = RULES.model_copy(update={"latency_p50_ms": 50.0, "latency_p99_ms": 90.0})
    three = judged(loaded(), rules).figures[1].interval
    assert one is not None
    assert three is not None
    assert (one.level, three.level) == (0.95, round(1 - 0.05 / 3, 4))


def test_a_slow_answer_of_a_generator_that_was_late_itself_is_undecided_and_stops() -> None:
    verdict = judged(loaded(latency_ms=quick() + 176, late_ms=np.full(1000, 120.0), busy=0.5))
    assert verdict.figures[1].value == pytest.approx(206, abs=5)
    assert (verdict.outcome, verdict.stops) == ("inconclusive", True)
    assert "too busy to tell" in verdict.reason
    assert "--host" in verdict.advice


def test_a_late_generator_is_no_matter_where_the_answers_are_quick() -> None:
    assert judged(loaded(late_ms=np.full(1000, 120.0), busy=0.5)).outcome == "pass"


def test_lateness_is_taken_off_the_lower_end_before_a_service_fails() -> None:
    figure = judged(loaded(latency_ms=quick() + 200)).figures[1]
    assert figure.interval is not None
    for late, outcome in ((figure.interval.low - 101, "fail"), (figure.value - 100.5, "inconclusive")):
        verdict = judged(loaded(latency_ms=quick() + 200, late_ms=np.full(1000, late)))
        assert (verdict.outcome, verdict.stops) == (outcome, True)


def test_a_late_generator_does_not_hide_a_service_that_is_slower_still() -> None:
    assert judged(loaded(latency_ms=quick() + 400, late_ms=np.full(1000, 90.0))).outcome == "fail"


def test_one_stall_is_reported_as_few_independent_answers() -> None:
    latency = quick()
    latency[300:380] += 2000
    verdict = judged(loaded(latency_ms=latency))
    assert verdict.outcome == "inconclusive"
    assert "close together" in verdict.reason


def test_a_service_at_its_limit_is_not_stopped_again_and_again() -> None:
    rules = RULES.model_copy(update={"latency_p95_ms": 10.0 * float(np.log(20))})
    alarms = sum(judged(loaded(latency_ms=quick(seed=seed)), rules).stops for seed in range(200))
    assert alarms <= 10
