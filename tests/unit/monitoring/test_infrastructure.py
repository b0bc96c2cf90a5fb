from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import httpx
import numpy as np
import pytest

from trunkline.core.contract import Contract
from trunkline.core.policy.monitors.infrastructure import InfrastructureMonitor
from trunkline.core.signals import Signal
from trunkline.monitoring import Evidence
from trunkline.monitoring.infrastructure import Infrastructure
from trunkline.monitoring.signals import signal_of
from trunkline.predictions import LogWindow, Prediction

Watch = Callable[..., Signal]
READY = {"ready": True, "revision": "r1", "failed": None}


@pytest.fixture
def watch(contract: Contract, now: datetime, answer: Callable[..., Prediction]) -> Watch:
    def watched(latencies: Any = (), reply: Callable[[], httpx.Response] | None = None) -> Signal:
        answers = tuple(answer(row, latency_ms=float(value)) for row, value in enumerate(latencies))
        client = httpx.Client(transport=httpx.MockTransport(lambda _: reply())) if reply else None
        evidence = Evidence(
            "production",
            now,
            contract,
            window=LogWindow(predictions=answers),
            address="http://service" if reply else "",
        )
        return signal_of("infrastructure", Infrastructure(InfrastructureMonitor(), client), evidence)

    return watched


def _latencies(p95: float, rows: int = 400) -> list[float]:
    return list(np.random.default_rng(1).exponential(p95 / 3, rows))


def _fail(error: type[httpx.HTTPError]) -> Callable[[], httpx.Response]:
    def failing() -> httpx.Response:
        raise error("no")

    return failing


def test_a_ready_and_fast_service_is_quiet(watch: Watch) -> None:
    signal = watch(_latencies(20), lambda: httpx.Response(200, json=READY))
    assert (signal.state, signal.fingerprint) == ("quiet", "production/infrastructure")
    assert "p95 latency is" in signal.summary
    assert signal.lead
    assert (signal.lead.subject, signal.lead.threshold) == ("latency", 100.0)


def test_a_slow_service_is_a_warning_with_its_interval(watch: Watch) -> None:
    signal = watch(_latencies(300), lambda: httpx.Response(200, json=READY))
    assert (signal.state, signal.severity) == ("alarm", "warning")
    (finding,) = signal.findings
    assert (finding.subject, finding.threshold) == ("latency", 100.0)
    assert finding.interval is not None
    assert finding.interval.low > 100


def test_a_p95_that_chance_explains_is_inconclusive(watch: Watch) -> None:
    # 6 slow ones of 100 put the p95 above the limit, and its interval well below it.
    signal = watch([5.0] * 94 + [500.0] * 6)
    assert (signal.state, signal.recovered) == ("inconclusive", False)
    assert "p95 latency is 500 ms" in signal.summary


def test_the_latency_of_a_few_answers_is_not_judged(watch: Watch) -> None:
    signal = watch([5.0] * 20, lambda: httpx.Response(200, json=READY))
    assert (signal.state, signal.unjudged, signal.recovered) == ("inconclusive", ("latency",), True)


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ReadTimeout])
def test_a_service_that_does_not_answer_is_critical(watch: Watch, error: type[httpx.HTTPError]) -> None:
    signal = watch((), _fail(error))
    assert (signal.state, signal.severity) == ("alarm", "critical")
    assert "not answer" in signal.summary


@pytest.mark.parametrize(
    "reply",
    [
        httpx.Response(503, json={"ready": False}),
        httpx.Response(200, json={"ready": False}),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json=[]),
    ],
)
def test_a_service_that_is_not_ready_is_critical(watch: Watch, reply: httpx.Response) -> None:
    signal = watch((), lambda: reply)
    assert (signal.state, signal.severity) == ("alarm", "critical")
    assert "is not ready" in signal.summary


def test_a_release_that_could_not_be_loaded_is_a_warning(watch: Watch) -> None:
    failed = READY | {"failed": {"revision": "abc123", "error": "secret path"}}
    signal = watch((), lambda: httpx.Response(200, json=failed))
    assert (signal.state, signal.severity) == ("alarm", "warning")
    assert "could not load the release abc123" in signal.summary
    assert "secret" not in signal.summary


@pytest.mark.parametrize(
    ("log", "alarms"),
    [
        ({"unlogged": 0, "unshipped": None}, False),
        ({"unlogged": 3, "unshipped": None}, True),
        ({"unlogged": 0, "unshipped": {"records": 9, "seconds": 700.0, "trouble": "no answer"}}, True),
        ({"unlogged": 0, "unshipped": {"records": 9, "seconds": 500.0, "trouble": "no answer"}}, False),
        ({"unlogged": 0, "unshipped": {"records": 9, "seconds": 700.0, "trouble": ""}}, False),
    ],
)
def test_answers_that_were_not_logged_or_not_shipped_for_long_are_a_signal(
    watch: Watch, log: dict[str, object], alarms: bool
) -> None:
    signal = watch((), lambda: httpx.Response(200, json=READY | {"log": log}))
    assert (signal.state == "alarm") is alarms


def test_with_nothing_to_look_at_it_is_inconclusive(watch: Watch) -> None:
    assert watch().state == "inconclusive"
