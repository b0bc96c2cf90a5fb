"""A stage of a rollout in figures: what the two versions did on the users' own traffic."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from trunkline.core.figures import Figure
from trunkline.core.record import Record
from trunkline.measure.difference import Difference
from trunkline.tasks.scale import AS_IT_IS, Scale


class ArmFigures(Record):
    """What one version did in the stage."""

    version: int
    answers: int
    """Requests that it answered; in silence those that both answered, so that all figures are of the same."""
    users: int = 0
    """Who sent these requests; a request that names nobody counts as one of them."""
    failures: int = 0
    """Requests that it failed on."""
    slow: int = 0
    """Answers that took longer than the policy's limit."""
    p95_ms: float | None = None
    labelled: int = 0
    """Answers whose outcome is known."""
    quality: Figure | None = None


class Unseen(Record):
    """Why a challenger was not asked, in requests."""

    refused: int = 0
    """Requests that its own contract refuses."""
    fields: tuple[str, ...] = ()
    """The fields that break its contract."""
    dropped: int = 0
    """Requests that it was too slow to follow."""


class StageEvidence(Record):
    """All that a judgement of a stage rests on. Differences are the challenger's less the champion's: less is worse."""

    SCHEMA: ClassVar[str] = "trunkline/stage-evidence/2"

    environment: str
    strategy: Literal["silent", "canary"]
    share: float = 0.0
    """The share of users in a canary."""
    since: datetime
    until: datetime
    champion: ArmFigures
    challenger: ArmFigures
    refused: int = 0
    """Requests that broke the contract; they reach neither version."""
    nameless: int = 0
    """Requests that name no user: each counts as a user of its own."""
    named: int = 0
    """Requests that name one; without any, nobody knows how many users there are."""
    unseen: Figure | None = None
    """The share of answers to users that a silent challenger gave no answer beside."""
    why_unseen: Unseen = Unseen()
    answered: Difference | None = None
    """The difference of the shares of requests that did not fail."""
    quick: Difference | None = None
    """The difference of the shares of answers within the policy's limit."""
    agreement: Figure | None = None
    """The share of requests on which both say the same; of labels, in silence only."""
    shift: Figure | None = None
    """Population stability index of the challenger's answers against the champion's, corrected for noise."""
    metric: str
    labels_missing: int = 0
    """Outcomes that are still needed of the version of which fewer are known, before the quality is compared."""
    difference: Difference | None = None
    """The difference of quality; None where too few outcomes are known."""
    scale: Scale = AS_IT_IS
    """What the policy's margin of quality is a share of."""

    @property
    def hours(self) -> float:
        """Return how long the stage has lasted."""
        return (self.until - self.since).total_seconds() / 3600
