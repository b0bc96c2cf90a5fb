"""What all monitors share when they write a signal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

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
