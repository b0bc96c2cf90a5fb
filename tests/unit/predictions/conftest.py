"""Records of the log made by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.predictions import GroundTruth, Prediction, Rejection

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def answer() -> Callable[..., Prediction]:
    """One answer, `minute` minutes after the start of the year."""

    def made(minute: float = 0, *, score: float = 0.7, **changes: Any) -> Prediction:
        values: dict[str, Any] = {
            "id": f"p{minute}",
            "time": START + timedelta(minutes=minute),
            "environment": "production",
            "revision": "r1",
            "version": 1,
            "bundle": "sha256:one",
            "arm": "champion",
            "inputs": {},
            "outputs": {
                "prediction": "Yes" if score > 0.5 else "No",
                "probabilities": {"No": 1 - score, "Yes": score},
            },
            "latency_ms": 2.0,
        }
        return Prediction(**(values | changes))

    return made


@pytest.fixture
def rejection() -> Callable[..., Rejection]:
    def made(minute: float = 0) -> Rejection:
        return Rejection(
            id=f"r{minute}", time=START + timedelta(minutes=minute), environment="production", problems=()
        )

    return made


@pytest.fixture
def contract() -> Contract:
    outcome = Column(name="released", type="category", role=Role.OUTCOME, categories=("No", "Yes"))
    return Contract(name="arrests", positive="Yes", columns=(Column(name="age", type="integer"), outcome))


@pytest.fixture
def truth() -> Callable[..., dict[str, tuple[GroundTruth, ...]]]:
    def made(outcomes: Mapping[str, Any]) -> dict[str, tuple[GroundTruth, ...]]:
        return {
            name: (GroundTruth(prediction=name, value=outcome, time=datetime(2026, 2, 1, tzinfo=UTC)),)
            for name, outcome in outcomes.items()
        }

    return made
