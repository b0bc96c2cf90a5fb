"""Weight: how many pixels all images of a batch have, asked before the first is decoded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from trunkline.inputs import InputType

from .problems import Problem

MOST_PIXELS = 50_000_000
"""The pixels that a batch may have; what a single row may have, its contract says."""


def too_heavy(sent: Any, held: Sequence[InputType]) -> tuple[Problem, ...]:
    """Return the problem of a batch whose images have too many pixels together; empty where they have not.

    What no image can be read from counts 0: its own rule refuses it.
    """
    heavy = [one for one in held if one.bulk]
    rows = sent.get("rows") if isinstance(sent, Mapping) else None
    if not heavy or not isinstance(rows, list) or len(rows) < 2:
        return ()
    total = 0.0
    for row in rows:
        if isinstance(row, Mapping):
            total += sum(one.weight(row.get(one.column.name)) for one in heavy)
    if total <= MOST_PIXELS:
        return ()
    problem = {
        "field": "rows",
        "value": f"{total:,.0f} pixels",
        "rule": f"rows whose images have at most {MOST_PIXELS:,} pixels together",
        "hint": "split the batch",
    }
    return (problem,)
