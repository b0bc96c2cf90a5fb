"""Whole ladders with hourly looks, by the simulation of `benchmarks/rollout.py`, cheap and with a fixed seed."""

from __future__ import annotations

import importlib.util
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

FILE = Path(__file__).parents[3] / "benchmarks/rollout.py"


@pytest.fixture(scope="module")
def simulation() -> ModuleType:
    spec = importlib.util.spec_from_file_location("benchmark_of_rollouts", FILE)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_healthy_challengers_climb_the_whole_ladder(simulation: ModuleType) -> None:
    ends = simulation.ladders(simulation.CANARIES, simulation.Version(), simulation.Traffic(), draws=4)
    found = Counter(ended.action for ended in ends)
    assert found["go back"] == 0
    assert found["through"] >= 3


@pytest.mark.parametrize("worse", [{"fails": 0.04}, {"right": 0.80}])
def test_a_worse_challenger_is_caught_in_the_first_quarter(
    simulation: ModuleType, worse: dict[str, float]
) -> None:
    traffic, version = simulation.Traffic(), simulation.Version(**worse)
    ends = simulation.ladders(simulation.CANARIES, version, traffic, draws=10, limit=traffic.exposure / 4)
    assert Counter(ended.action for ended in ends)["go back"] >= 9
    in_silence = simulation.ladders(simulation.WHOLE, version, traffic, draws=3)
    assert {(ended.action, ended.exposure) for ended in in_silence} == {("go back", 0)}


def test_a_worse_challenger_of_few_users_is_undecided_and_not_promoted(simulation: ModuleType) -> None:
    few, version = simulation.Traffic(exposure=1000), simulation.Version(right=0.80)
    ends = simulation.ladders(simulation.CANARIES, version, few, draws=8, limit=60)
    assert {ended.action for ended in ends} == {"undecided"}
    assert all("would settle it" in ended.reason or "too little" in ended.reason for ended in ends)
