"""What gates answered: verdicts, waivers, the evaluation of a bundle."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator

from .figures import Figure
from .record import Record, date_as_text

Outcome = Literal["pass", "fail", "inconclusive"]


class Waiver(Record):
    """Permission for a gate to be red for a while, by a person, for a reason."""

    gate: Annotated[str, Field(description="A gate's name, or a pattern of one room: fairness/*.")]
    owner: Annotated[str, Field(description="Who answers for it.")]
    reason: Annotated[str, Field(description="Why it may be red.")]
    expires: Annotated[str, Field(description="The last day on which it holds, as YYYY-MM-DD.")]

    @field_validator("expires", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        return date_as_text(value)

    @field_validator("expires")
    @classmethod
    def _is_a_date(cls, value: str) -> str:
        try:
            date.fromisoformat(value)
        except ValueError:
            raise ValueError("is no date; write the last day on which it holds as YYYY-MM-DD") from None
        return value

    @field_validator("gate")
    @classmethod
    def _is_of_one_room(cls, value: str) -> str:
        if any(sign in value.partition("/")[0] for sign in "*?["):
            raise ValueError(
                "covers gates of more than one room; begin it with the room, as fairness/*; one waiver a room"
            )
        return value

    @field_validator("owner", "reason")
    @classmethod
    def _says_something(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("is empty; write who answers for it, and why it may be red")
        return value

    def expired(self, today: date) -> bool:
        """Whether its last day is over."""
        return today > date.fromisoformat(self.expires)


class Verdict(Record):
    """A gate's answer, with the figures it rests on and the reason in words."""

    gate: str
    outcome: Outcome
    reason: str
    question: str = ""
    blocking: bool = True
    figures: tuple[Figure, ...] = ()
    threshold: float | None = None
    advice: str = ""
    """What a data scientist can do about a red answer."""
    waiver: Waiver | None = None
    """Set when a failing verdict is let through; `outcome` stays what it was."""

    @property
    def stops(self) -> bool:
        """Whether this verdict keeps a model from being released."""
        return self.blocking and self.outcome != "pass" and self.waiver is None


class Evaluation(Record):
    """What the gates said of one bundle."""

    SCHEMA: ClassVar[str] = "trunkline/evaluation/1"

    bundle: str
    champion: str = ""
    snapshot: str
    created: datetime
    figures: tuple[Figure, ...]
    verdicts: tuple[Verdict, ...]
    runtime: str = Field(default="", exclude_if=lambda value: not value)
    parity: str = Field(default="", exclude_if=lambda value: not value)
    """What answers, and how far its answers lie from those of the pipeline that was fitted, in words."""

    @property
    def outcome(self) -> Outcome:
        """Return fail if any verdict that stops is a failure, inconclusive if any stops, else pass."""
        stops = [verdict.outcome for verdict in self.verdicts if verdict.stops]
        if "fail" in stops:
            return "fail"
        return "inconclusive" if stops else "pass"


class GateRun(Record):
    """What gates that run on their own (deepchecks, load) said of a bundle; kept beside its evaluation."""

    SCHEMA: ClassVar[str] = "trunkline/gate-run/1"

    bundle: str
    snapshot: str
    created: datetime
    verdicts: tuple[Verdict, ...]
    policy: str = ""
    """The digest of the policy section that was asked: another one asks again."""
