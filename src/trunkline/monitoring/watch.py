"""A watch: every monitor looks, and one that breaks stops no other."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pydantic import ValidationError

from trunkline.core.errors import PolicyError, TrunklineError
from trunkline.core.plugins import OURS, absent, offered, plugin
from trunkline.core.policy.monitoring import Monitoring
from trunkline.core.raised import asking
from trunkline.core.record import describe_problems
from trunkline.core.signals import Signal, SignalKind

from .evidence import Evidence
from .monitor import Monitor
from .signals import signal_of, signal_of_error

GROUP = "monitors"
INSTALL = "install what requirements/ lock (make setup), or take it out of trunkline.yaml"


def watch(evidence: Evidence, *, packages: Collection[str] = ()) -> tuple[Signal, ...]:
    """Return the signal of each monitor: of ours, and of those that `packages` offer or the policy names.

    A monitor that raises, or cannot be opened, gives an inconclusive signal with the error's exit code.
    """
    names = dict.fromkeys([*offered(GROUP, packages=packages), *evidence.policy.others])
    looked = [_signal(name, evidence, packages) for name in names]
    errors = [(package, _not_installed(package)) for package in absent(packages)]
    return (*looked, *(signal_of_error(name, "infrastructure", error, evidence) for name, error in errors))


def _signal(name: str, evidence: Evidence, packages: Collection[str]) -> Signal:
    kind: SignalKind = "infrastructure"
    try:
        monitor = open_monitor(name, evidence.policy, packages=packages)
        kind = monitor.kind
        with asking("It raised", "mend it, or take its package out of `plugins` in trunkline.yaml"):
            return signal_of(name, monitor, evidence)
    except TrunklineError as error:
        return signal_of_error(name, kind, error, evidence)


def _not_installed(package: str) -> PolicyError:
    return PolicyError("A package of `plugins` is not installed.", value=package, next_step=INSTALL)


def open_monitor(name: str, policy: Monitoring, *, packages: Collection[str] = ()) -> Monitor[Any]:
    """Return a monitor with its section of the policy.

    Raises PolicyError when nobody offers it, it cannot be imported, or its section is wrong.
    """
    kind = plugin(GROUP, name, packages=packages)
    if not (isinstance(kind, type) and issubclass(kind, Monitor)):
        raise PolicyError(
            f"What is offered as the monitor {name} is no monitor.",
            value=kind,
            next_step="derive its class from trunkline.monitoring.Monitor",
        )
    if name not in policy.others:
        return kind(getattr(policy, name, None) or kind.section())
    try:
        return kind(kind.section.model_validate(policy.others[name]))
    except ValidationError as problem:
        raise PolicyError(
            f"trunkline.yaml: monitoring.{name}: {describe_problems(problem)}.",
            next_step="edit trunkline.yaml",
        ) from problem


def check_monitors(policy: Monitoring, *, packages: Collection[str] = ()) -> None:
    """Raise PolicyError for the first package that is not installed, or monitor of one that cannot be opened."""
    for package in absent(packages):
        raise _not_installed(package)
    for name in {*offered(GROUP, packages=packages), *policy.others} - set(OURS[GROUP]):
        open_monitor(name, policy, packages=packages)
