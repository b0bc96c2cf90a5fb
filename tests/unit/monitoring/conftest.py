"""A small contract, and answers made by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.monitoring import Profile, reference_profile
from trunkline.predictions import GroundTruth, Prediction, Rejection

START = datetime(2026, 1, 1, tzinfo=UTC)
Columns = dict[str, list[Any]]


@pytest.fixture
def now() -> datetime:
    return datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture
def contract() -> Contract:
    return Contract(
        name="arrests",
        positive="Yes",
        columns=(
            Column(name="case", type="integer", role=Role.KEY),
            Column(name="year", type="integer", role=Role.TIME),
            Column(name="age", type="integer", unit="years"),
            Column(name="income", type="number"),
            Column(name="employed", type="category", categories=("No", "Yes"), nullable=True),
            Column(name="colour", type="category", role=Role.AUDIT),
            Column(name="released", type="category", role=Role.OUTCOME, categories=("No", "Yes")),
        ),
    )


@pytest.fixture
def draw() -> Callable[..., Columns]:
    """Rows of the stable world: the columns, and the model's scores under `score`."""

    def drawn(rows: int, seed: int) -> Columns:
        random = np.random.default_rng(seed)
        return {
            "age": random.integers(18, 60, rows).tolist(),
            "income": random.lognormal(3, 1, rows).tolist(),
            "employed": random.choice(["No", "Yes"], rows, p=[0.3, 0.7]).tolist(),
            "colour": random.choice(["Black", "White", "Brown"], rows, p=[0.3, 0.65, 0.05]).tolist(),
            "score": random.beta(4, 2, rows).tolist(),
        }

    return drawn


@pytest.fixture
def reference(contract: Contract, draw: Callable[..., Columns]) -> Profile:
    columns = draw(2000, 0)
    scores = columns.pop("score")
    labels = ["Yes" if score > 0.5 else "No" for score in scores]
    return reference_profile(columns, contract, labels=labels, scores=scores)


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
def answers(answer: Callable[..., Prediction]) -> Callable[..., tuple[Prediction, ...]]:
    """One answer for each row of columns that `draw` made."""

    def made(columns: Mapping[str, Sequence[Any]], **changes: Any) -> tuple[Prediction, ...]:
        inputs = {name: values for name, values in columns.items() if name != "score"}
        first = answer(**changes)
        return tuple(
            # Copied rather than validated one by one: the false alarm tests make a hundred thousand of them.
            first.model_copy(
                update={
                    "id": f"p{row}",
                    "time": START + timedelta(minutes=row),
                    "inputs": {name: values[row] for name, values in inputs.items()},
                    "outputs": {
                        "prediction": "Yes" if score > 0.5 else "No",
                        "probabilities": {"No": 1 - score, "Yes": score},
                    },
                }
            )
            for row, score in enumerate(columns["score"])
        )

    return made


@pytest.fixture
def rejection() -> Callable[..., Rejection]:
    def made(minute: float = 0, *problems: dict[str, Any]) -> Rejection:
        default = {"field": "employed", "value": "Part-time", "rule": "one of No, Yes"}
        return Rejection(
            id=f"r{minute}",
            time=START + timedelta(minutes=minute),
            environment="production",
            problems=problems or (default,),
        )

    return made


@pytest.fixture
def truth(now: datetime) -> Callable[..., dict[str, tuple[GroundTruth, ...]]]:
    def made(outcomes: Mapping[str, Any]) -> dict[str, tuple[GroundTruth, ...]]:
        return {
            name: (GroundTruth(prediction=name, value=outcome, time=now),)
            for name, outcome in outcomes.items()
        }

    return made
