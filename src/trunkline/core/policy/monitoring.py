"""What monitors look at, and from when on it is a signal."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .section import Positive, Section, Share


class DataMonitor(Section):
    """When input drift is a signal: the effect must be large and the test significant."""

    psi: Annotated[float, Field(gt=0)] = 0.25
    """Population stability index of a column above which it has drifted."""
    significance: Annotated[float, Field(gt=0, lt=0.5)] = 0.01
    """Family-wise, over all columns (Holm)."""
    rejections: Share = 0.02
    """The share of requests that may break the contract."""


class PerformanceMonitor(Section):
    """When a fall in quality is a signal."""

    metric: str = "roc_auc"
    """Any metric; one that scikit-learn alone computes needs the extra `train` where it is watched."""
    margin: Annotated[float, Field(ge=0)] = 0.05
    """How far below the figure measured at release the whole interval must lie."""


class InfrastructureMonitor(Section):
    """When the service itself is in trouble."""

    latency_p95_ms: Annotated[float, Field(gt=0)] = 100.0
    probe_timeout_s: Annotated[float, Field(gt=0)] = 2.0


class LogMonitor(Section):
    """When the service's own log is in trouble."""

    errors: int = 0
    """Error lines in the window that are tolerated."""


class Monitoring(Section):
    """What is watched, over which rows."""

    window_rows: Positive = 500
    """The newest answers that a monitor looks at."""
    minimum_rows: Positive = 200
    """With fewer, data and performance are inconclusive."""
    heartbeat_hours: Positive = 6
    """Hours without a run after which the hourly workflows, monitor.yml and rollout.yml, have stopped."""
    heartbeat_days: Positive = 9
    """Days without a run after which the weekly retrain.yml has stopped."""
    data: DataMonitor = DataMonitor()
    performance: PerformanceMonitor = PerformanceMonitor()
    infrastructure: InfrastructureMonitor = InfrastructureMonitor()
    logs: LogMonitor = LogMonitor()
