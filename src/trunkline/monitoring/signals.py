"""What all monitors share when they write a signal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from trunkline.core.figures import Interval
from trunkline.core.signals import Finding, Severity, Signal, SignalKind

State = Literal["alarm", "quiet", "inconclusive"]


def write_signal(
    kind: SignalKind,
    environment: str,
    state: State,
    summary: str,
    *,
    rows: int,
    now: datetime,
    findings: Sequence[Finding] = (),
    unjudged: Sequence[str] = (),
    lead: Finding | None = None,
    critical: bool = False,
) -> Signal:
    """Return the signal of one kind and environment; only an alarm is more severe than info.

    `lead` is the figure that charts follow; by default the first finding.
    """
    severity: Severity = "info" if state != "alarm" else "critical" if critical else "warning"
    return Signal(
        kind=kind,
        environment=environment,
        fingerprint=f"{environment}/{kind}",
        state=state,
        severity=severity,
        summary=summary,
        rows=rows,
        findings=tuple(findings),
        unjudged=tuple(unjudged),
        lead=lead or (findings[0] if findings else None),
        time=now,
    )


def percent(share: float) -> str:
    """Return a share as people read it, `8.2%`."""
    return f"{100 * share:.3g}%"


def between(interval: Interval) -> str:
    """Return an interval as people read it, `95% interval 0.5 to 0.625`."""
    return f"{100 * interval.level:g}% interval {interval.low:.3g} to {interval.high:.3g}"


def join(parts: Sequence[str]) -> str:
    """Return parts as people list them: `a, b and c`."""
    return " and ".join(([", ".join(parts[:-1])] if len(parts) > 1 else []) + list(parts[-1:]))


def count(number: int, noun: str) -> str:
    """Return a number with its noun, `1 row`, `2 rows`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
