"""What has moved since the champion's snapshot, in a snapshot or in answered requests."""

from __future__ import annotations

import pandas as pd

from trunkline.core.contract import Contract
from trunkline.core.policy.data import DataPolicy
from trunkline.core.policy.gates import DataGates
from trunkline.core.snapshots import DataLock
from trunkline.core.verdicts import Verdict
from trunkline.tasks import task_of

from .case import SnapshotCase
from .followed import moved_columns
from .jumps import Jumps
from .label_shift import LabelShift
from .new_categories import NewCategories
from .split import Parts

FEWEST = 30
"""Fewer answered rows than this confirm nothing."""


def compare(
    rows: pd.DataFrame, contract: Contract, previous: DataLock | None, gates: DataGates
) -> tuple[Verdict, ...]:
    """Return the verdicts data/new-categories, data/jumps and data/label-shift, those whose limit is not null.

    The task may leave one out: a number has no classes, and data/jumps looks at it.
    """
    parts: Parts = {"train": rows, "validation": rows[:0], "test": rows[:0]}
    case = SnapshotCase(parts, contract, DataPolicy(), gates, "", previous)
    unasked = task_of(contract).unasked
    kinds = (kind for kind in (NewCategories, Jumps, LabelShift) if kind.name not in unasked)
    return tuple(verdict for kind in kinds for verdict in kind().verdicts(case))


def moved_in_traffic(
    answered: pd.DataFrame, contract: Contract, previous: DataLock | None, gates: DataGates, *, origin: str
) -> dict[str, str]:
    """Return the columns that moved since the champion's snapshot in answered requests too, each with a reason.

    `answered` are the requests whose outcome is known, called `origin`. They passed the service's contract. So a source
    that changed its unit or lost its labels does not show in them, and a change of the world does.
    """
    if previous is None or not previous.columns or len(answered) < FEWEST:
        return {}
    found = compare(answered, contract, previous, gates)
    why = f"{len(answered):,} answered requests of {origin}"
    return {column: why for verdict in found for column in moved_columns(verdict)}
