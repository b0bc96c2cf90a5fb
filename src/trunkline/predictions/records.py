"""The lines of the prediction log, and what really happened."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from trunkline.core.record import Record, UtcTime

Arm = Literal["champion", "challenger", "shadow"]


class Prediction(Record):
    """One line of the prediction log: an answer that was given, or a shadow's that was not."""

    SCHEMA: ClassVar[str] = "trunkline/prediction/1"

    id: str
    time: UtcTime
    environment: str
    revision: str
    version: int
    bundle: str
    arm: Arm
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    """`prediction`, and for classifiers `probabilities` by class."""
    latency_ms: float
    user: str = ""
    """The sticky key, hashed with the release's salt."""
    answered: str = ""
    """For a shadow: the id of the answer that the user got."""


class Rejection(Record):
    """One line of the prediction log: a request that broke the contract."""

    SCHEMA: ClassVar[str] = "trunkline/rejection/1"

    id: str
    time: UtcTime
    environment: str
    problems: tuple[dict[str, Any], ...]
    """Each with `field`, `value` and `rule`."""


class GroundTruth(Record):
    """What really happened, arriving after the answer."""

    SCHEMA: ClassVar[str] = "trunkline/ground-truth/1"

    prediction: str
    """The id of the answer."""
    outcome: str | float | int | bool | None
    """In the outcome's own type; None takes back what was recorded before."""
    time: UtcTime
