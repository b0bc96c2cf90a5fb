"""Moves of the rows that live traffic shows too: the drift that a retraining follows on purpose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trunkline.core.verdicts import Verdict
from trunkline.measure.intervals import beyond


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
    """Return a comparison's verdict for a retraining that follows the moves of some columns.

    If it follows every column that moved, the verdict does not block and says so; otherwise it blocks as before.
    """
    moved = moved_columns(verdict)
    if not moved or not set(moved) <= set(follows):
        return verdict
    words = ", ".join(f"{column} ({follows[column]})" for column in moved)
    changes: dict[str, Any] = {
        "blocking": False,
        "reason": f"{verdict.reason} Live traffic moved as well: {words}. This retraining follows it, so this gate "
        "does not block.",
        "advice": "The retraining is the answer to this move. If the move is a fault in the requests, close the pull "
        "request and correct the fault.",
    }
    return verdict.model_copy(update=changes)
