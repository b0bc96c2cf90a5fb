"""The labels of an issue that the program opens: what the next run reads to know what was done."""

from __future__ import annotations

from collections.abc import Iterable
from typing import get_args

from trunkline.core.signals import Severity, SignalKind

OWN = "trunkline"
PENDING = {"mail": "pending: mail", "webhook": "pending: webhook"}
"""Channel to the label that an issue carries until its message was delivered."""

_SEVERITY = "severity: "
_SIGNAL = "signal: "


def labels_for(
    kind: SignalKind, severity: Severity, pending: Iterable[str] = (), routing: Iterable[str] = ()
) -> tuple[str, ...]:
    """Return the labels of an issue about a signal.

    `pending` names channels whose message is not delivered yet; `routing` are labels of the policy or of people.
    """
    late = set(pending)
    labels = [OWN, f"{_SIGNAL}{kind}", _SEVERITY + severity, *routing]
    return tuple(dict.fromkeys([*labels, *(label for channel, label in PENDING.items() if channel in late)]))


def given(labels: Iterable[str]) -> tuple[str, ...]:
    """Return the labels that say nothing of what the program did: those of the policy and of people."""
    own = {OWN, *PENDING.values()}
    return tuple(label for label in labels if label not in own and not label.startswith((_SIGNAL, _SEVERITY)))


def severity_of(labels: Iterable[str]) -> Severity:
    """Return the severity that the labels tell; info where a person took the label away."""
    present = set(labels)
    for severity in reversed(get_args(Severity)):
        if _SEVERITY + severity in present:
            known: Severity = severity
            return known
    return "info"


def relabelled(
    labels: Iterable[str],
    *,
    severity: Severity | None = None,
    pending: Iterable[str],
    delivered: Iterable[str] = (),
) -> tuple[str, ...]:
    """Return the labels with another severity and other pending messages; labels that people gave are kept."""
    late, sent = set(pending), set(delivered)
    gone = {PENDING[channel] for channel in sent - late}
    kept = [label for label in labels if label not in gone and not (severity and label.startswith(_SEVERITY))]
    if severity:
        kept.append(_SEVERITY + severity)
    return tuple(dict.fromkeys([*kept, *(label for channel, label in PENDING.items() if channel in late)]))
