"""What a monitor found, with its evidence."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from .figures import Interval
from .record import Record

SignalKind = Literal["performance", "data", "infrastructure", "log"]


Severity = Literal["info", "warning", "critical"]


class Finding(Record):
    """One piece of evidence in a signal: what (a column, a metric, a route), how much, against what."""

    subject: str
    measure: str
    value: float
    threshold: float
    interval: Interval | None = None
    p_value: float | None = None
    detail: str = ""


class Signal(Record):
    """What a monitor found.

    `state` is *alarm*, *quiet* (looked and found nothing) or *inconclusive* (too few data to say, or of a kind that
    cannot be judged).
    The fingerprint names the same trouble in every run, so that one issue can follow it.
    """

    SCHEMA: ClassVar[str] = "trunkline/signal/1"

    kind: SignalKind
    environment: str
    fingerprint: str
    state: Literal["alarm", "quiet", "inconclusive"]
    severity: Severity
    summary: str
    rows: int
    findings: tuple[Finding, ...] = ()
    unjudged: tuple[str, ...] = ()
    """What this monitor cannot judge, where all that it can is well: trouble that was there before is over."""
    lead: Finding | None = None
    """The figure that tells best how it stands, measured when all is well too; None where nothing could be measured."""
    advice: tuple[str, ...] = ()
    """What to do about an alarm, step by step."""
    exit_code: int = 0
    """That of the error that stopped the monitor, which then did not look."""
    time: datetime

    @property
    def monitor(self) -> str:
        """Return the monitor's name."""
        return self.fingerprint.removeprefix(f"{self.environment}/")

    @property
    def recovered(self) -> bool:
        """Whether the trouble that this fingerprint names is over."""
        return self.state == "quiet" or bool(self.state == "inconclusive" and self.unjudged)
