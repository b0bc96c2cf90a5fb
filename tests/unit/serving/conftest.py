"""A service around models that do as they are told: no disk, no network."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trunkline.core.bundle import Bundle, BundleManifest
from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import StorageError
from trunkline.core.lineage import Lineage
from trunkline.core.policy.access import OPEN, Access, Limits
from trunkline.core.release import Release, Route
from trunkline.predictions import Failure, Logged, Prediction
from trunkline.predictions.writer import LogWriter
from trunkline.runtimes import Columns
from trunkline.serving.access import Guard
from trunkline.serving.callers import Caller, NotAdmitted
from trunkline.serving.release import Loaded, Served
from trunkline.serving.requests import RequestModel
from trunkline.serving.service import Service
from trunkline.serving.telemetry import Metrics, service_log
from trunkline.tasks import Answers

CONTRACT = Contract(
    name="n",
    columns=(
        Column(name="user", type="text", role=Role.USER),
        Column(name="x", type="number"),
        Column(name="y", type="number", role=Role.OUTCOME),
    ),
)
LINEAGE = Lineage(
    commit="c",
    snapshot="s",
    training_key="t",
    code="c",
    policy="p",
    lock="l",
    toolkit="0",
    candidate="m",
    settings={},
)


class KnownCallers:
    """Keys that are the names of what they open."""

    async def known(self, presented: str) -> Caller:
        if presented == "old":
            raise NotAdmitted("expired")
        if presented not in ("predict", "metrics", "log", "feedback"):
            raise NotAdmitted("unknown")
        return Caller(presented, (presented,), Limits(rate=1.0, burst=2, largest_body=40))


def guard_of(access: Access = OPEN) -> Guard:
    """Return who is let in."""
    return Guard(KnownCallers(), access)


@dataclass
class FakeModel:
    """Answers `factor` times x, or raises, or does something else first."""

    factor: float
    quick: bool = True
    error: Exception | None = None
    first: Callable[[], object] = field(default=lambda: None)
    closed: bool = False

    def predict(self, columns: Columns) -> Answers:
        self.first()
        assert not self.closed, "asked after it was closed"
        if self.error:
            raise self.error
        numbers: Any = columns["x"]
        return Answers(self.factor * np.array(numbers, dtype=np.float64), None, ())

    def close(self) -> None:
        self.closed = True


class MemoryLog(LogWriter):
    """Keeps records, or is full."""

    def __init__(self) -> None:
        self.sync = False
        self.full = False
        self.records: list[Logged] = []
        self.open = True

    def append(self, records: Sequence[Logged]) -> None:
        if self.full:
            raise StorageError("the disk is full")
        self.records.extend(records)

    def close(self) -> None:
        self.open = False


class Bench:
    """A service and all that it works with."""

    def __init__(
        self,
        *,
        strategy: Any = "single",
        share: float = 0.0,
        challenger_needs: str = "",
        image: bool = False,
        **more: Any,
    ) -> None:
        self.champion, self.challenger = FakeModel(1.0), FakeModel(10.0)
        routes = [Route(version=number, bundle=f"sha256:{number:064}") for number in (1, 2)]
        served = [
            Served(route, Bundle(Path("nowhere"), _manifest(), route.bundle, CONTRACT), model)
            for route, model in zip(routes, (self.champion, self.challenger), strict=True)
        ]
        release = Release(
            environment="production",
            revision="r1",
            strategy=strategy,
            champion=routes[0],
            challenger=routes[1],
            share=share,
        )
        picture = (Column(name="picture", type="image"),) if image else ()
        requests = RequestModel((*CONTRACT.inputs, *picture), outcome="y")
        if challenger_needs:
            wanted = Column(name=challenger_needs, type="number")
            served[1] = replace(served[1], requests=RequestModel((*CONTRACT.inputs, wanted)))
        second = None if strategy == "single" else served[1]
        self.live = Loaded(release, served[0], second, requests, datetime.now(UTC))
        self.predictions = MemoryLog()
        self.stream = io.StringIO()
        self.service = Service(
            Path("nowhere"),
            self.live,
            self.predictions,
            metrics=Metrics(),
            log=service_log(self.stream),
            **more,
        )

    @property
    def log(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.stream.getvalue().splitlines()]

    def metric(self, name: str, **labels: str) -> float:
        return self.service.metrics.registry.get_sample_value(name, labels) or 0.0

    def lines(self) -> list[Prediction]:
        return [record for record in self.predictions.records if isinstance(record, Prediction)]

    def failures(self) -> list[Failure]:
        return [record for record in self.predictions.records if isinstance(record, Failure)]


def _manifest() -> BundleManifest:
    return BundleManifest(name="n", runtime="onnx", model="model.onnx", figures=(), lineage=LINEAGE, files={})


@pytest.fixture
def bench() -> type[Bench]:
    return Bench
