"""What to do after a verb: its last line."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Literal

from trunkline.core.signals import Signal

SNAPSHOT = "commit data.lock, then make train"
TRAIN = "make evaluate"


def after_gates(page: Path) -> str:
    """Return what follows gates that let a model pass."""
    return (
        f"look at {page}, and commit your change with data.lock. No remote: make release. "
        "Local forge: trunkline pr open, merge, git pull, make release. "
        "GitHub: trunkline pr open; the merge releases"
    )


def after_change(number: int) -> str:
    """Return what follows a change whose pull request is open; `number` is that of the pull request."""
    return (
        f"review and merge pull request #{number}; the merge releases on GitHub. "
        f"Local forge: trunkline pr merge {number}, git switch main, git pull, make release"
    )


def after_merge() -> str:
    """Return what follows a merge."""
    return (
        "git switch main, git pull; then make release after a change of the model (GitHub does that itself), "
        "make apply after a promotion"
    )


def after_release(number: int | None) -> str:
    """Return what follows a proposed desired state; `number` is that of its pull request, None where there is none."""
    if number is None:
        return "nothing: the line above says why"
    return (
        f"review and merge pull request #{number} (local forge: trunkline pr merge {number}), git pull, "
        "then make apply"
    )


def after_rehearsal(address: str) -> str:
    """Return what follows a rehearsal: the service in staging goes on, to be looked at."""
    return f"staging goes on at {address} until trunkline stop staging"


def after_deploying(environment: str, outcome: Literal["applied", "went back", "stopped"]) -> str:
    """Return what follows an apply."""
    if outcome == "applied":
        return f"trunkline status {environment}"
    if outcome == "stopped":
        return f"nothing: deployments/{environment}.yaml desires no version; merging a promotion changes that"
    return f"read why above, correct it, then trunkline deploy {environment}"


def after_watching(signals: Collection[Signal], environment: str) -> str:
    """Return what follows from the signals of one watch."""
    states = {signal.state for signal in signals}
    if "alarm" in states:
        return f"trunkline respond {environment} (does what the policy says about the alarms)"
    if "inconclusive" in states:
        return (
            "send more traffic or record more outcomes (trunkline truth); what is inconclusive was not judged"
        )
    return "nothing: all is quiet"
