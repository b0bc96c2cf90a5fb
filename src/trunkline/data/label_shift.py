"""Has the share of an outcome moved since the champion's snapshot?"""

from __future__ import annotations

import pandas as pd

from trunkline.core.contract import Contract
from trunkline.core.figures import Figure
from trunkline.core.snapshots import DataLock
from trunkline.core.verdicts import Verdict
from trunkline.measure.intervals import beyond, distance_interval
from trunkline.measure.multiplicity import shared_level
from trunkline.measure.wording import between, listed, percent

from .summaries import rows_behind, shares_of

GATE = "data/label-shift"
QUESTION = "Are the outcomes as common as in the champion's snapshot?"


def judge_label_shift(rows: pd.DataFrame, contract: Contract, previous: DataLock, limit: float) -> Verdict:
    """Answer how far the share of any class has moved: figure `label_shift` of the group `<outcome>=<class>`."""
    name = contract.outcome.name
    summary = previous.columns.get(name)
    before = summary.shares if summary else {}
    now = shares_of(rows[name])
    if not before:
        return Verdict(
            gate=GATE,
            question=QUESTION,
            outcome="pass",
            blocking=False,
            reason=f"The champion's snapshot had no {name} to compare with.",
            threshold=limit,
        )
    classes, behind = sorted({*before, *now}), rows_behind(previous, name)
    # Two classes move by the same distance.
    level = shared_level(1 if len(classes) == 2 else len(classes))
    figures = tuple(
        Figure(
            name="label_shift",
            value=abs(now.get(label, 0.0) - before.get(label, 0.0)),
            rows=len(rows),
            interval=distance_interval(now.get(label, 0.0), len(rows), before.get(label, 0.0), behind, level),
            group=f"{name}={label}",
        )
        for label in classes
    )
    sure, unsure = beyond(figures, limit)
    shown = sure or unsure or [max(figures, key=lambda one: one.value)]
    said = listed(
        f"{one.group} from {percent(before.get(label, 0.0))} of {behind:,} rows to {percent(now.get(label, 0.0))} of "
        f"{len(rows):,} (moved by {percent(one.value)}, {between(one.interval, percent)})"
        for one in shown
        for label in [one.group.removeprefix(f"{name}=")]
    )
    return Verdict(
        gate=GATE,
        question=QUESTION,
        outcome="fail" if sure else "inconclusive" if unsure else "pass",
        blocking=bool(sure) or not unsure,
        reason=(f"Moved by more than {percent(limit)}: " if sure else "")
        + f"{said}{'' if sure else f'; {percent(limit)} may'}."
        + (" The interval reaches back over the limit." if unsure and not sure else ""),
        threshold=limit,
        figures=figures,
        advice="Look at the filter in load() and at how late the outcome becomes known: what is decided fast comes "
        "first. If the world has really changed, and this is the retraining that answers it, raise "
        "gates.data.label_shift or waive the gate in a reviewed change."
        if sure or unsure
        else "",
    )
