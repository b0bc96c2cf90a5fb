"""A snapshot beside the champion's, of which only `data.lock` is there."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from trunkline.core.contract import Contract
from trunkline.core.policy.gates import DataGates
from trunkline.core.snapshots import DataLock
from trunkline.core.verdicts import Verdict

from . import jumps, label_shift, new_categories

Judge = Callable[[pd.DataFrame, Contract, DataLock, float], Verdict]


def compare(
    rows: pd.DataFrame, contract: Contract, previous: DataLock | None, gates: DataGates
) -> tuple[Verdict, ...]:
    """Return the verdicts data/new-categories, data/jumps and data/label-shift, those whose limit is not null.

    Without a previous lock they pass, with one that has no picture of its columns they are inconclusive; neither
    blocks. A numeric outcome has no classes: data/jumps looks at it.
    """
    asked: list[tuple[str, str, float | None, Judge]] = [
        (
            new_categories.GATE,
            new_categories.QUESTION,
            gates.new_categories,
            new_categories.judge_new_categories,
        ),
        (jumps.GATE, jumps.QUESTION, gates.jump, jumps.judge_jumps),
    ]
    if contract.task == "classification":
        asked.append(
            (label_shift.GATE, label_shift.QUESTION, gates.label_shift, label_shift.judge_label_shift)
        )
    return tuple(
        judge(rows, contract, previous, limit)
        if previous and previous.columns
        else _incomparable(gate, question, limit, previous)
        for gate, question, limit, judge in asked
        if limit is not None
    )


def _incomparable(gate: str, question: str, limit: float, previous: DataLock | None) -> Verdict:
    return Verdict(
        gate=gate,
        question=question,
        outcome="inconclusive" if previous else "pass",
        blocking=False,
        reason="It is not known what the champion's snapshot looked like: no commit that git has here holds its "
        "data.lock, or an older version wrote it."
        if previous
        else "There is no champion's snapshot to compare with.",
        threshold=limit,
        advice="In a shallow clone, fetch the history (git fetch --unshallow). Else nothing now: the data.lock of "
        "this change has one, for the next to compare with."
        if previous
        else "",
    )
