"""Load: what was measured turns the gate red that it should, and no other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from trunkline.core.errors import PolicyError
from trunkline.core.policy.gates import Gates, LoadGates
from trunkline.core.verdicts import Verdict
from trunkline.evaluation import load_verdicts
from trunkline.evaluation.load.measurement import Load, LoadCase

RULES = LoadGates(rate=50, seconds=20, latency_p95_ms=100, error_rate=0.01)


def quick(rows: int = 1000, *, seed: int = 1, scale: float = 10.0) -> np.ndarray:
    """Return latencies in milliseconds."""
    return np.random.default_rng(seed).exponential(scale, rows)


def loaded(**changes: Any) -> Load:
    """Return a healthy measurement with some things changed."""
    healthy: dict[str, Any] = {
        "seconds": 20.0,
        "due": 1000,
        "sent": 1000,
        "latency_ms": quick(),
        "late_ms": np.full(1000, 0.5),
        "busy": 0.1,
        "users": 100,
    }
    given = healthy | changes
    return Load(**({"answered": len(given["latency_ms"])} | given))


def judged(load: Load, rules: LoadGates = RULES) -> dict[str, Verdict]:
    """Return the verdicts by gate."""
    return {verdict.gate: verdict for verdict in load_verdicts(LoadCase(load, rules), Gates(load=rules))}


def stopped(load: Load, rules: LoadGates = RULES) -> list[str]:
    """Return the gates that stop a release."""
    return sorted(gate for gate, verdict in judged(load, rules).items() if verdict.stops)


def test_a_healthy_service_passes_every_gate() -> None:
    found = judged(loaded())
    assert {gate: verdict.outcome for gate, verdict in found.items()} == {
        "load/rate": "pass",
        "load/errors": "pass",
        "load/latency": "pass",
    }
    rate = found["load/rate"].figures[0]
    assert rate.rows == 1000
    assert rate.interval is not None
    assert rate.interval.low < rate.value == rate.interval.high == 50
    assert all(verdict.question and verdict.figures and not verdict.advice for verdict in found.values())


def test_the_same_measurement_gives_the_same_verdicts() -> None:
    assert judged(loaded()) == judged(loaded())


def test_a_slow_service_fails_by_latency_alone() -> None:
    load = loaded(latency_ms=quick(scale=80.0))
    assert stopped(load) == ["load/latency"]
    verdict = judged(load)["load/latency"]
    assert verdict.outcome == "fail"
    assert "limit 100 ms" in verdict.reason
    assert "ONNX" in verdict.advice
    assert verdict.threshold == 100


def test_limits_that_are_not_set_are_not_asked_about() -> None:
    rules = RULES.model_copy(update={"latency_p95_ms": None})
    assert set(judged(loaded(), rules)) == {"load/rate", "load/errors"}


def test_a_service_does_not_become_quick_by_not_answering() -> None:
    waited = np.concatenate([quick(900), np.full(100, 12_000.0)])
    load = loaded(answered=900, latency_ms=waited, failures={"no answer within 10 s of the end": 100})
    assert stopped(load) == ["load/errors", "load/latency"]
    found = judged(load)
    assert "100 requests were never answered and count" in found["load/latency"].reason
    assert found["load/errors"].figures[0].value == pytest.approx(0.1)


def test_a_failing_service_fails_by_errors_and_names_what_went_wrong() -> None:
    load = loaded(latency_ms=quick(950), failures={"HTTP 500": 40, "HTTP 503": 10})
    assert stopped(load) == ["load/errors"]
    verdict = judged(load)["load/errors"]
    assert verdict.outcome == "fail"
    assert "HTTP 500 (40); HTTP 503 (10)" in verdict.reason
    assert verdict.figures[0].value == pytest.approx(0.05)
    assert verdict.figures[0].interval is not None


def test_errors_a_little_over_the_limit_do_not_stop() -> None:
    verdict = judged(loaded(latency_ms=quick(988), failures={"HTTP 500": 12}))["load/errors"]
    assert verdict.outcome == "inconclusive"
    assert not verdict.stops


def test_errors_within_the_limit_pass() -> None:
    assert judged(loaded(latency_ms=quick(995), failures={"HTTP 500": 5}))["load/errors"].outcome == "pass"


def test_no_error_among_few_requests_is_no_pass() -> None:
    verdict = judged(loaded(latency_ms=quick(80)))["load/errors"]
    assert verdict.outcome == "inconclusive"
    assert verdict.stops
    assert "At least 100" in verdict.reason


def test_all_errors_among_few_requests_fail() -> None:
    load = loaded(latency_ms=np.zeros(0), failures={"ConnectionRefusedError": 20})
    found = judged(load)
    assert found["load/errors"].outcome == "fail"
    assert found["load/latency"].outcome == "inconclusive"
    assert "Every request failed" in found["load/latency"].reason


def test_a_limit_of_zero_allows_no_failure_at_all() -> None:
    strict = RULES.model_copy(update={"error_rate": 0.0})
    assert judged(loaded(), strict)["load/errors"].outcome == "pass"
    assert (
        judged(loaded(latency_ms=quick(999), failures={"HTTP 500": 1}), strict)["load/errors"].outcome
        == "fail"
    )


def test_a_service_that_ended_fails_whatever_it_answered_before() -> None:
    load = loaded(died="MemoryError")
    assert stopped(load) == ["load/errors"]
    assert "ended under load: MemoryError" in judged(load)["load/errors"].reason


def test_a_rate_that_was_not_reached_is_the_services_failure() -> None:
    verdict = judged(loaded(sent=700))["load/rate"]
    assert verdict.outcome == "fail"
    assert verdict.stops
    assert "35.000 a second" in verdict.reason
    assert "The service was the bottleneck" in verdict.reason
    assert verdict.threshold == pytest.approx(45)


def test_a_rate_that_locust_could_not_put_on_is_no_answer() -> None:
    verdict = judged(loaded(sent=700, busy=0.97))["load/rate"]
    assert verdict.outcome == "inconclusive"
    assert verdict.stops
    assert "locust ran, or waited for a core, 97 % of the time" in verdict.reason


def test_a_generator_that_is_the_bottleneck_blames_no_service_and_passes_none() -> None:
    """Seen where 3,000 requests a second were asked for on two busy cores."""
    waited = np.concatenate([quick(500) + 5000, np.full(500, 12_000.0)])
    late = loaded(sent=400, answered=500, latency_ms=waited, failures={"no answer": 500}, busy=0.98)
    found = judged(late)
    assert {verdict.outcome for verdict in found.values()} == {"inconclusive"}
    assert all(verdict.stops and "--host" in verdict.advice for verdict in found.values())


def test_a_busy_generator_hides_no_service_that_really_fails() -> None:
    load = loaded(latency_ms=quick(500), failures={"HTTP 500": 500}, busy=0.98)
    assert judged(load)["load/errors"].outcome == "fail"
    assert judged(loaded(died="killed", busy=0.98))["load/errors"].outcome == "fail"


def test_a_busy_generator_does_not_stop_a_service_that_is_quick_all_the_same() -> None:
    assert not stopped(loaded(busy=0.98))


def test_a_rate_that_is_nearly_reached_passes() -> None:
    assert judged(loaded(sent=901))["load/rate"].outcome == "pass"
    assert judged(loaded(sent=899))["load/rate"].outcome == "fail"


def test_a_gate_is_asked_with_its_own_section() -> None:
    own = Gates.model_validate({"load/rate": {"least": 3}})
    with pytest.raises(PolicyError, match="load/rate has settings"):
        load_verdicts(LoadCase(loaded(), RULES), own)
