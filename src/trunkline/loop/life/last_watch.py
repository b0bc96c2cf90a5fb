"""The signals of the last watch, as `trunkline monitor` kept them."""

from __future__ import annotations

from trunkline.core.errors import NotFoundError
from trunkline.core.project import Project
from trunkline.core.signals import Signal


def require_signals(project: Project, environment: str) -> tuple[Signal, ...]:
    """Return the signals of the last watch.

    Raises NotFoundError when nobody watched yet.
    """
    found = last_signals(project, environment)
    if not found:
        raise NotFoundError(
            f"{environment} was never monitored.", next_step=f"trunkline monitor {environment}"
        )
    return found


def last_signals(project: Project, environment: str) -> tuple[Signal, ...]:
    """Return the signals of the last watch, none where nobody watched yet."""
    runs = sorted(project.monitoring(environment).glob("*.jsonl"))
    return Signal.read_lines(runs[-1]) if runs else ()
