"""Which moves of the rows live traffic shows too: the drift that a retraining is there to follow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from trunkline.core.contract import Contract
from trunkline.core.policy.gates import DataGates
from trunkline.core.snapshots import DataLock
from trunkline.core.verdicts import Verdict

from .comparison import compare
from .intervals import beyond

FEWEST = 30
"""Answered rows below which they confirm nothing."""


def moved_in_traffic(
    answered: pd.DataFrame, contract: Contract, previous: DataLock | None, gates: DataGates, *, origin: str
) -> dict[str, str]:
    """Return the columns that moved from the champion's snapshot in what was really asked and came out, with a reason.

    `answered` are the requests whose outcome is known, called `origin`. They have passed the service's contract, so a
    source that changed its unit, or lost its labels, does not show in them; a world that changed does.
    """
    if previous is None or not previous.columns or len(answered) < FEWEST:
        return {}
    found = compare(answered, contract, previous, gates)
    why = f"{len(answered):,} answered requests of {origin}"
    return {column: why for verdict in found for column in moved_columns(verdict)}


def moved_columns(verdict: Verdict) -> tuple[str, ...]:
    """Return the columns that a comparison's verdict says have surely moved beyond its limit."""
    if verdict.threshold is None or verdict.outcome != "fail":
        return ()
    sure, _ = beyond(verdict.figures, verdict.threshold)
    return tuple(
        dict.fromkeys(
            figure.group.partition("=")[0] if figure.group else figure.name.partition(":")[2]
            for figure in sure
        )
    )


def followed(verdict: Verdict, follows: Mapping[str, str]) -> Verdict:
    """Return a comparison's verdict as it stands for a retraining that follows the moves of some columns.

    Where every column that moved is among them it stops nothing and says so; else it stops as before.
    """
    moved = moved_columns(verdict)
    if not moved or not set(moved) <= set(follows):
        return verdict
    words = ", ".join(f"{column} ({follows[column]})" for column in moved)
    changes: dict[str, Any] = {
        "blocking": False,
        "reason": f"{verdict.reason} Live traffic moved as well: {words}. This retraining follows it, so this stops "
        "nothing.",
        "advice": "Read it as what the retraining answers. Where the move is a fault of whoever sends the requests, "
        "close the pull request and mend that.",
    }
    return verdict.model_copy(update=changes)
