"""How long the newest training took, against those before it."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from trunkline.core.contract import Contract
from trunkline.core.policy.monitors.training import TrainingMonitor
from trunkline.core.signals import Signal
from trunkline.monitoring import Evidence, Training
from trunkline.monitoring.signals import signal_of
from trunkline.monitoring.training import TrainingTime


@pytest.fixture
def seen(contract: Contract, now: datetime) -> object:
    def looked(*runs: float, cores: tuple[int, ...] = (), cpu: tuple[float, ...] = ()) -> Signal:
        of, worked = cores or (4,) * len(runs), cpu or runs
        trainings = tuple(
            Training(number, runs[number], worked[number], of[number]) for number in range(len(runs))
        )
        evidence = Evidence("production", now, contract, trainings=trainings)
        return signal_of("training", TrainingTime(TrainingMonitor()), evidence)

    return looked


@pytest.mark.parametrize(
    ("runs", "state"),
    [
        ((30, 31, 29, 30, 120), "alarm"),
        ((30, 31, 29, 30, 31), "quiet"),
        ((30, 31, 29, 30, 10), "quiet"),
        ((30, 31, 29, 47), "inconclusive"),
        ((10, 30, 90, 100), "inconclusive"),
        ((30, 120), "inconclusive"),
        ((30,), "inconclusive"),
        ((), "inconclusive"),
    ],
)
def test_longer_than_one_more_would_take_is_an_alarm(seen, runs, state) -> None:  # type: ignore[no-untyped-def]
    assert seen(*runs).state == state


def test_only_machines_of_as_many_cores_are_compared(seen) -> None:  # type: ignore[no-untyped-def]
    assert seen(30, 31, 29, 30, 120, cores=(16, 16, 16, 16, 4)).state == "inconclusive"


def test_equal_trainings_raise_hardly_any_alarm(seen) -> None:  # type: ignore[no-untyped-def]
    random = np.random.default_rng(7)
    states = [seen(*random.lognormal(3.4, 0.15, 6)).state for _ in range(400)]
    assert states.count("alarm") <= 0.03 * len(states)


def test_a_busy_machine_is_no_longer_training(seen) -> None:  # type: ignore[no-untyped-def]
    signal = seen(30, 31, 29, 30, 120, cpu=(60, 62, 58, 60, 63))
    assert signal.state == "inconclusive"
    assert "busy" in signal.summary
