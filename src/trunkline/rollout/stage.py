"""A stage of a rollout in figures: what the two versions did on the users' own traffic."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from trunkline.core.figures import Figure
from trunkline.core.record import Record


class ArmFigures(Record):
    """What one version did in the stage."""

    version: int
    answers: int
    """Requests that it answered; for a silent challenger those that it would have."""
    failures: int = 0
    """Requests that it failed on."""
    slow: int = 0
    """Answers that took longer than the policy's limit."""
    p95_ms: float | None = None
    labelled: int = 0
    """Answers whose outcome is known."""
    quality: Figure | None = None


class Unseen(Record):
    """Why a challenger was not asked, in requests, as the service's log tells."""

    refused: int = 0
    """Requests that its own contract refuses."""
    fields: tuple[str, ...] = ()
    """The fields that break its contract."""
    dropped: int = 0
    """Requests that it was too slow to follow."""


class StageEvidence(Record):
    """All that a judgement of a stage rests on."""

    SCHEMA: ClassVar[str] = "trunkline/stage-evidence/1"

    environment: str
    strategy: Literal["silent", "canary"]
    share: float = 0.0
    """Of users, for a canary."""
    since: datetime
    until: datetime
    champion: ArmFigures
    challenger: ArmFigures
    refused: int = 0
    """Requests that broke the contract; they reach neither version."""
    unseen: int = 0
    """Answers to users that a silent challenger gave no answer beside: it refused, failed, or was too far behind."""
    why_unseen: Unseen = Unseen()
    agreement: Figure | None = None
    """The share of requests on which both say the same; of labels, in silence only."""
    shift: Figure | None = None
    """Population stability index of the challenger's answers against the champion's, corrected for noise."""
    metric: str
    difference: Figure | None = None
    """The challenger's quality less the champion's; None where too few outcomes are known."""

    @property
    def hours(self) -> float:
        """Return how long the stage has lasted."""
        return (self.until - self.since).total_seconds() / 3600
