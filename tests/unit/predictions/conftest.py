"""Records of the log made by hand."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from trunkline.predictions import Prediction, Rejection

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def answer() -> Callable[..., Prediction]:
    """One answer, `minute` minutes after the start of the year."""

    def made(minute: float = 0, **changes: Any) -> Prediction:
        values: dict[str, Any] = {
            "id": f"p{minute}",
            "time": START + timedelta(minutes=minute),
            "environment": "production",
            "revision": "r1",
            "version": 1,
            "bundle": "sha256:one",
            "arm": "champion",
            "inputs": {},
            "outputs": {"prediction": "Yes"},
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
