"""The signal of what a monitor saw, the same in every run but for the figures."""

from __future__ import annotations

from typing import Any

from trunkline.core.errors import TrunklineError
from trunkline.core.signals import Severity, Signal, SignalKind

from .evidence import Evidence
from .monitor import Monitor


def signal_of(name: str, monitor: Monitor[Any], evidence: Evidence) -> Signal:
    """Return what a monitor sees as a signal whose fingerprint is its environment and the monitor's name.

    Only an alarm is more severe than info.
    """
    seen = monitor.look(evidence)
    severity: Severity = "info" if seen.state != "alarm" else "critical" if seen.critical else "warning"
    return Signal(
        kind=monitor.kind,
        environment=evidence.environment,
        fingerprint=f"{evidence.environment}/{name}",
        state=seen.state,
        severity=severity,
        summary=seen.summary,
        rows=seen.rows,
        findings=seen.findings,
        unjudged=seen.unjudged,
        lead=seen.lead or (seen.findings[0] if seen.findings else None),
        advice=tuple(step.replace("{environment}", evidence.environment) for step in monitor.advice),
        time=evidence.now,
    )


def signal_of_error(name: str, kind: SignalKind, error: TrunklineError, evidence: Evidence) -> Signal:
    """Return the inconclusive signal of a monitor that could not look, with the error's exit code."""
    return Signal(
        kind=kind,
        environment=evidence.environment,
        fingerprint=f"{evidence.environment}/{name}",
        state="inconclusive",
        severity="info",
        summary=f"It could not look. {error}",
        rows=0,
        exit_code=error.exit_code,
        time=evidence.now,
    )
