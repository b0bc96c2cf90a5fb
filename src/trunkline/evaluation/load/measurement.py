"""What was measured of a service under load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from trunkline.core.policy.gates import LoadGates
from trunkline.measure.paired import Array
from trunkline.measure.wording import percent

BUSY = 0.9
"""The share of the time above which the generator is the bottleneck; locust warns at the same figure."""
SATURATED_ADVICE = (
    "Lower gates.load.rate, make the locustfile's tasks cheaper (FastHttpUser), stop what else runs on this machine, "
    "or load the service from another one with --host."
)


@dataclass(frozen=True)
class Load:
    """What was measured, warm-up excluded.

    `latency_ms` holds, in the order of their turns, the good answers, each counted from the moment at which its request
    was due while every simulated user was waiting (Tene's coordinated omission), else from when it was sent; and what
    was never answered with the time that it waited, for a service does not become quick by not answering.
    `late_ms` is how late the generator itself was, a request; `busy` is the share of the time in which it ran, or was
    ready to run and the machine had no core for it.
    """

    seconds: float
    due: int
    """Requests that were to be sent."""
    sent: int
    """Of these, the ones that were sent before the measured time was over."""
    answered: int
    """Good answers."""
    latency_ms: Array
    failures: Mapping[str, int] = field(default_factory=dict)
    """What went wrong, to how often; what was never answered is among them."""
    late_ms: Array = field(default_factory=lambda: np.zeros(0))
    busy: float = 0.0
    users: int = 0
    died: str = ""
    """The last words of a service that ended under load; empty for one that lives."""

    @property
    def unanswered(self) -> int:
        """Return how many requests were never answered."""
        return len(self.latency_ms) - self.answered

    @property
    def saturated(self) -> bool:
        """Whether the generator was the bottleneck: what is slow or late then may be its own doing."""
        return self.busy > BUSY

    @property
    def bottleneck(self) -> str:
        """Return in words how busy the generator was."""
        return f"locust ran, or waited for a core, {percent(self.busy)} of the time"


@dataclass(frozen=True)
class LoadCase:
    """What the gates of load are asked about: what was measured, and the policy's limits."""

    load: Load
    rules: LoadGates
