"""What the service takes, against before: what is a rise, what chance explains, and what is too little."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from trunkline.core.contract import Contract
from trunkline.core.policy.monitors.resources import ResourcesMonitor
from trunkline.core.signals import Signal
from trunkline.monitoring import Evidence
from trunkline.monitoring.resources import Resources
from trunkline.monitoring.signals import signal_of
from trunkline.predictions import LogWindow, Prediction
from trunkline.predictions.telemetry import Telemetry

NEW, OLD = "sha256:new", "sha256:old"
Look = Callable[..., Signal]


def latencies(p95: float, seed: int, rows: int = 400) -> list[float]:
    return list(np.random.default_rng(seed).gamma(4.0, p95 / 7.75, rows))


@pytest.fixture
def look(contract: Contract, now: datetime, answer: Callable[..., Prediction]) -> Look:
    def looked(
        new: Sequence[float] = (),
        old: Sequence[float] = (),
        used: Sequence[dict[str, Any]] = (),
        was: Sequence[dict[str, Any]] = (),
    ) -> Signal:
        def samples(rows: Sequence[dict[str, Any]], bundle: str, since: int) -> list[Telemetry]:
            usual = {"seconds": 60.0, "answers": 100, "cpu_seconds": 0.5, "memory_mb": 300.0}
            return [
                Telemetry(**(usual | row), bundle=bundle, time=now - timedelta(minutes=since - place))
                for place, row in enumerate(rows)
            ]

        evidence = Evidence(
            "production",
            now,
            contract,
            bundle=NEW,
            window=LogWindow(
                predictions=tuple(answer(row, bundle=NEW, latency_ms=value) for row, value in enumerate(new))
            ),
            replaced=tuple(answer(row, bundle=OLD, latency_ms=value) for row, value in enumerate(old)),
            telemetry=(*samples(was, OLD, 120), *samples(used, NEW, 60)),
        )
        return signal_of("resources", Resources(ResourcesMonitor()), evidence)

    return looked


def test_a_slower_version_is_an_alarm_with_both_intervals(look: Look) -> None:
    signal = look(latencies(90, 1), latencies(20, 2))
    assert (signal.state, signal.severity) == ("alarm", "warning")
    (finding,) = signal.findings
    assert finding.subject == "latency"
    assert finding.interval is not None
    assert finding.interval.low > 50


def test_an_equal_version_raises_no_false_alarm_in_any_of_200_draws(look: Look) -> None:
    states = [look(latencies(20, seed), latencies(20, 1000 + seed)).state for seed in range(200)]
    assert "alarm" not in states
    assert states.count("quiet") > 190


def test_a_rise_that_chance_may_explain_is_inconclusive(look: Look) -> None:
    assert look([5.0] * 68 + [50.0] * 7, [5.0] * 75).state == "inconclusive"


def test_a_few_milliseconds_more_are_no_trouble(look: Look) -> None:
    assert look(latencies(15, 1), latencies(5, 2)).state == "quiet"


@pytest.mark.parametrize(("new", "old"), [(20, 400), (400, 20)])
def test_a_few_answers_are_not_compared(look: Look, new: int, old: int) -> None:
    signal = look(latencies(90, 1, rows=new), latencies(20, 2, rows=old))
    assert (signal.state, signal.unjudged) == ("inconclusive", ("latency",))


def test_with_no_past_it_says_so(look: Look) -> None:
    assert look(latencies(20, 1)).state == look().state == "inconclusive"


@pytest.mark.parametrize(
    ("was", "used", "subject"),
    [
        ({"cpu_seconds": 0.5}, {"cpu_seconds": 1.5}, "cpu"),
        ({"memory_mb": 300.0}, {"memory_mb": 900.0}, "memory"),
        ({"gpu_share": 0.2}, {"gpu_share": 0.7}, "gpu"),
        ({"gpu_memory_mb": 1000.0}, {"gpu_memory_mb": 3000.0}, "gpu memory"),
    ],
)
def test_processor_memory_and_gpu_are_watched(
    look: Look, was: dict[str, Any], used: dict[str, Any], subject: str
) -> None:
    signal = look(was=[was] * 30, used=[used] * 30)
    assert signal.state == "alarm"
    assert {finding.subject for finding in signal.findings} == {subject}
    assert look(was=[was] * 30, used=[was] * 30).state == "quiet"
    assert look(was=[was] * 30, used=[used] * 5).state == "inconclusive"


def test_an_idle_service_has_no_processor_time_an_answer(look: Look) -> None:
    idle = [{"answers": 1, "cpu_seconds": 0.5}] * 30
    assert not look(was=[{}] * 30, used=idle).findings


def test_where_no_gpu_was_seen_it_says_so(look: Look) -> None:
    assert "no GPU" in look(was=[{}] * 30, used=[{}] * 30).summary
    silent = look(was=[{}] * 30, used=[{"gpu_silent": True}] * 30).summary
    assert "no GPU" not in silent
    assert "nvidia-smi" in silent
    assert "no GPU" not in look(was=[{"gpu_share": 0.5}] * 30, used=[{"gpu_share": 0.5}] * 30).summary
