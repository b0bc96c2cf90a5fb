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
        f"look at {page}, and commit your change with data.lock; without a remote: make release; "
        "with one, or with the local forge: trunkline pr open, and make release after its merge"
    )


def after_release(number: int | None) -> str:
    """Return what follows a release; `number` is that of the pull request that proposes it."""
    if number is None:
        return (
            "nothing: the desired state names this version already, or waits for a decision; see make status"
        )
    return (
        f"review and merge pull request #{number} (local forge: trunkline pr merge {number}), git pull, "
        "then make apply"
    )


def after_rehearsal(address: str) -> str:
    """Return what follows a rehearsal: the service in staging goes on, to be looked at."""
    return f"staging goes on at {address} until trunkline stop staging; make release proposes the version"


def after_deploying(environment: str, outcome: Literal["applied", "went back", "stopped"]) -> str:
    """Return what follows an apply."""
    if outcome == "applied":
        return f"trunkline status {environment}"
    if outcome == "stopped":
        return f"nothing: deployments/{environment}.yaml desires no version; trunkline promote proposes one"
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
