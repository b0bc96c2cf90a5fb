"""What monitors look at: the newest answers, what is known of their outcomes, and the service itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from trunkline.core.contract import Contract
from trunkline.core.figures import Figure
from trunkline.core.own_service import ANYBODY, Credentials
from trunkline.core.policy.monitoring import Monitoring
from trunkline.measure.metrics import Metric
from trunkline.predictions import LogWindow, Prediction
from trunkline.predictions.labelled import Truths
from trunkline.predictions.telemetry import Telemetry

from .profiles import Profile


@dataclass(frozen=True)
class Training:
    """What the training of a version took."""

    version: int
    seconds: float
    cpu_seconds: float
    cores: int


@dataclass(frozen=True)
class Evidence:
    """What one watch of an environment has before it; each monitor takes what it asks about."""

    environment: str
    now: datetime
    contract: Contract
    policy: Monitoring = field(default_factory=Monitoring)
    bundle: str = ""
    """The champion's digest; empty takes the answers of all."""
    reference: Profile = field(default_factory=lambda: Profile(rows=0, columns={}))
    """The profile of the data that the champion was built on."""
    figures: Mapping[str, Figure] = field(default_factory=dict)
    """What was measured at its release, by metric."""
    window: LogWindow = field(default_factory=LogWindow)
    """The newest requests: `policy.window_rows`."""
    labelled: tuple[Prediction, ...] = ()
    """The champion's newest answers whose outcome is known: outcomes come late, so they may be older than `window`."""
    truth: Truths = field(default_factory=dict)
    """Outcomes by the id of the answer."""
    beginning: tuple[Prediction, ...] = ()
    """The champion's oldest answers whose outcome is known, where the policy compares with those."""
    metric: Metric | None = None
    """The metric of `monitoring.performance.metric`."""
    address: str = ""
    """Where the service answers; empty is not asked."""
    credentials: Credentials = ANYBODY
    """What opens it."""
    pid: int = 0
    """The service's process; 0 is not looked for."""
    created: float = 0.0
    """When that process began, in seconds since 1970."""
    earlier: tuple[Prediction, ...] = ()
    """The newest answers before those of the champion in the window, whichever version gave them."""
    replaced: tuple[Prediction, ...] = ()
    """The newest answers of the version that answered before the champion."""
    telemetry: tuple[Telemetry, ...] = ()
    """What the service used, minute by minute, the oldest first."""
    trainings: tuple[Training, ...] = ()
    """What the training of each version took, the oldest first."""
    log: Path | None = None
    """The service's own log."""

    @property
    def since(self) -> datetime | None:
        """Return when the service began, None where that is not known."""
        return datetime.fromtimestamp(self.created, UTC) if self.created else None
