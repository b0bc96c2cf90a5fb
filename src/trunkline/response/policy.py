"""What to do about signals: a pure decision from what monitors found, which issues are open, and the policy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, Literal

from trunkline.core.policy.responses import Responses, Rule
from trunkline.core.record import Record
from trunkline.core.signals import Finding, Severity, Signal
from trunkline.forge import Issue

from .labels import PENDING, severity_of

Action = Literal["open_issue", "update_issue", "close_issue", "mail", "webhook", "retrain"]

STORM = "alarm-storm"
"""The fingerprint of the one issue that stands for all alarms past the limit."""

_ORDER: dict[Severity, int] = {"info": 0, "warning": 1, "critical": 2}
_STATES = {"quiet": 0, "inconclusive": 1, "alarm": 2}


class Response(Record):
    """One thing to do about the signal with this fingerprint, and why."""

    SCHEMA: ClassVar[str] = "trunkline/response/1"

    action: Action
    fingerprint: str
    reason: str
    issue: int | None = None
    """The open issue that is meant; None for one that is to be opened."""
    covers: tuple[str, ...] = ()
    """For the summary of an alarm storm: the fingerprints that it stands for."""


def decide(
    signals: Sequence[Signal],
    open_issues: Iterable[Issue],
    policy: Responses,
    *,
    open_retraining: bool = False,
) -> tuple[Response, ...]:
    """Return what to do, the worst first.

    An alarm opens one issue and does what its rules say once; while the issue is open it is only updated, unless the
    severity rose or a message could not be delivered before. The issue is what remembers: a rule without `issue`
    sends its messages in every run. Quiet closes the issue, and so does
    a signal that is well in all that it can judge; other inconclusive signals change nothing.
    """
    issues = {
        issue.fingerprint: issue for issue in open_issues if issue.state == "open" and issue.fingerprint
    }
    found: list[Response] = []
    held: list[Signal] = []
    opened = 0
    for signal in worst_first(signals):
        issue = issues.get(signal.fingerprint)
        if signal.recovered and issue:
            found += _recovered(signal, issue, policy)
        if signal.state != "alarm":
            continue
        channels = _channels(signal, severity=signal.severity, policy=policy)
        if issue:
            found += _again(signal, issue, channels)
        elif "issue" not in channels:
            found += _messages(signal, channels, signal.summary)
        elif opened < policy.new_issues:  # more at once have one cause, and nobody reads fifty issues
            opened += 1
            found.append(_respond("open_issue", signal, signal.summary))
            found += _messages(signal, channels, signal.summary)
        else:
            held.append(signal)
    found += _storm(held, issues.get(STORM), policy)
    if not open_retraining:
        found += _retraining(signals, policy)
    return tuple(found)


def worst_first(signals: Iterable[Signal]) -> list[Signal]:
    """Return one signal a fingerprint, alarms before the rest and the severest first."""

    def rank(signal: Signal) -> tuple[int, int]:
        return _STATES[signal.state], _ORDER[signal.severity]

    kept: dict[str, Signal] = {}
    for signal in signals:
        other = kept.get(signal.fingerprint)
        if other is None or rank(signal) > rank(other):
            kept[signal.fingerprint] = signal
    return sorted(kept.values(), key=lambda signal: (*(-part for part in rank(signal)), signal.fingerprint))


def worse(severity: Severity, other: Severity) -> bool:
    """Whether `severity` is worse than `other`."""
    return _ORDER[severity] > _ORDER[other]


def storm_signal(held: Sequence[Signal], limit: int) -> Signal:
    """Return the one signal that stands for the alarms past the limit; `held` has the worst first."""
    worst = held[0]
    environments = {signal.environment for signal in held}
    return Signal(
        kind=worst.kind,
        environment=worst.environment if len(environments) == 1 else "all environments",
        fingerprint=STORM,
        state="alarm",
        severity=worst.severity,
        summary=f"{len(held)} more alarms than the {limit} that got an issue of their own in this run",
        rows=sum(signal.rows for signal in held),
        findings=tuple(
            Finding(
                subject=signal.fingerprint,
                measure=f"{signal.severity} alarm, findings",
                value=len(signal.findings),
                threshold=0,
                detail=signal.summary,
            )
            for signal in held
        ),
        advice=worst.advice,
        time=max(signal.time for signal in held),
    )


def _respond(action: Action, signal: Signal, reason: str, issue: Issue | None = None) -> Response:
    number = issue.number if issue else None
    return Response(action=action, fingerprint=signal.fingerprint, reason=reason, issue=number)


def rules_for(signal: Signal, *, severity: Severity, policy: Responses) -> tuple[Rule, ...]:
    """Return the rules that hold for a signal of this severity."""
    return tuple(
        rule for rule in policy.rules if rule.kind == signal.kind and not worse(rule.at_least, severity)
    )


def _channels(signal: Signal, *, severity: Severity, policy: Responses) -> set[str]:
    rules = rules_for(signal, severity=severity, policy=policy)
    return {channel for rule in rules for channel in rule.do}


def _messages(
    signal: Signal, channels: Iterable[str], reason: str, issue: Issue | None = None
) -> list[Response]:
    kinds: tuple[Action, ...] = ("mail", "webhook")
    return [_respond(kind, signal, reason, issue) for kind in kinds if kind in channels]


def _again(signal: Signal, issue: Issue, channels: set[str]) -> list[Response]:
    before = severity_of(issue.labels)
    rose = worse(signal.severity, before)
    reason = f"severity rose from {before} to {signal.severity}" if rose else "still there"
    found = [_respond("update_issue", signal, reason, issue)]
    if rose:
        return found + _messages(signal, channels, reason, issue)
    late = {channel for channel, label in PENDING.items() if label in issue.labels}
    return found + _messages(signal, channels & late, "could not be delivered before", issue)


def _recovered(signal: Signal, issue: Issue, policy: Responses) -> list[Response]:
    channels = _channels(signal, severity=severity_of(issue.labels), policy=policy)
    reason = f"recovered: {signal.summary}"
    return [_respond("close_issue", signal, reason, issue), *_messages(signal, channels, reason, issue)]


def _storm(held: list[Signal], issue: Issue | None, policy: Responses) -> list[Response]:
    if not held:
        if not issue:
            return []
        reason = "no alarm is left without an issue of its own"
        return [Response(action="close_issue", fingerprint=STORM, reason=reason, issue=issue.number)]
    signal = storm_signal(held, policy.new_issues)
    channels = {
        channel for each in held for channel in _channels(each, severity=each.severity, policy=policy)
    }
    if issue:
        found = _again(signal, issue, channels)
    else:
        found = [_respond("open_issue", signal, signal.summary), *_messages(signal, channels, signal.summary)]
    covers = tuple(each.fingerprint for each in held)
    return [response.model_copy(update={"covers": covers}) for response in found]


def _retraining(signals: Sequence[Signal], policy: Responses) -> list[Response]:
    asking = [
        signal
        for signal in worst_first(signals)
        if signal.state == "alarm" and "retrain" in _channels(signal, severity=signal.severity, policy=policy)
    ]
    if not asking:
        return []
    reason = "; ".join(f"{signal.fingerprint}: {signal.summary}" for signal in asking)
    return [_respond("retrain", asking[0], reason)]
