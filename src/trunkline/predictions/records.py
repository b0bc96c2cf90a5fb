"""The lines of the prediction log, and what really happened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator

from trunkline.core.errors import StorageError, TrunklineError
from trunkline.core.record import Record, UtcTime

FIRST = "trunkline/ground-truth/1"

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
AHEAD = timedelta(days=1)
"""The later of two events counts, so one from the far future could never be corrected."""

Arm = Literal["champion", "challenger", "silent"]


class Prediction(Record):
    """One line of the prediction log: an answer that was given, or a silent one that was not."""

    SCHEMA: ClassVar[str] = "trunkline/prediction/1"

    id: str
    time: UtcTime
    environment: str
    revision: str
    version: int
    bundle: str
    arm: Annotated[Arm, BeforeValidator(lambda arm: "silent" if arm == "shadow" else arm)]
    """Logs of older versions call a silent challenger's arm `shadow`."""
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    """`prediction`, and for classifiers `probabilities` by class."""
    latency_ms: float
    user: str = ""
    """The sticky key under the secret of the environment."""
    answered: str = ""
    """For a silent answer: the id of the answer that the user got."""


class Rejection(Record):
    """One line of the prediction log: a request that broke the contract."""

    SCHEMA: ClassVar[str] = "trunkline/rejection/1"

    id: str
    time: UtcTime
    environment: str
    problems: tuple[dict[str, Any], ...]
    """Each with `field`, `value` and `rule`."""


class Failure(Record):
    """One line of the prediction log: a row that a version was to answer and did not."""

    SCHEMA: ClassVar[str] = "trunkline/failure/1"

    id: str
    time: UtcTime
    environment: str
    version: int
    bundle: str
    arm: Arm
    reason: Literal["failed", "refused", "dropped"]
    """The model failed; its own contract refuses the row; or it was too far behind to be asked."""
    fields: tuple[str, ...] = ()
    """Those that break its contract."""
    user: str = ""
    """As in `Prediction`; empty where the row names none, and then the failure stands for itself."""


Logged = Prediction | Rejection | Failure
"""What a line of the prediction log is."""


class GroundTruth(Record):
    """What really happened, arriving after the answer: an outcome is one event, clicks are many."""

    SCHEMA: ClassVar[str] = "trunkline/ground-truth/2"

    prediction: str
    """The id of the answer."""
    item: str = ""
    """What in the answer it is about, such as one of several offers; empty for the whole answer."""
    value: str | float | int | bool | None
    """In the outcome's own type; None takes back what was recorded before."""
    time: UtcTime

    @classmethod
    def from_dict(cls, value: object, *, origin: str, error: type[TrunklineError] = StorageError) -> Self:
        """Return the record, also one of the first schema, which called the value the outcome."""
        if isinstance(value, dict) and value.get("schema", FIRST) == FIRST and "outcome" in value:
            body = {name: held for name, held in value.items() if name not in ("schema", "outcome")}
            value = body | {"value": value["outcome"]}
        return super().from_dict(value, origin=origin, error=error)


def require_time(time: datetime, now: datetime) -> None:
    """Raise ValueError where nothing that is told `now` can have happened at a time."""
    if time > now + AHEAD:
        raise ValueError("time lies in the future")
    if time < EARLIEST:
        raise ValueError("time lies before 1970")
