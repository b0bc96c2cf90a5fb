"""Has the share of an outcome moved since the champion's snapshot?"""

from __future__ import annotations

from trunkline.core.figures import Figure
from trunkline.core.snapshots import DataLock
from trunkline.core.verdicts import Verdict
from trunkline.measure.intervals import beyond, distance_interval
from trunkline.measure.multiplicity import shared_level
from trunkline.measure.wording import between, listed, percent

from .case import SnapshotCase
from .comparison import Comparison
from .summaries import rows_behind, shares_of


class LabelShift(Comparison):
    """The share of each outcome less that in the champion's snapshot, with its interval. For regression
    `data/jumps` is asked of the outcome instead.

    Pass: No share moved by more than the limit, or there is no champion to compare with.
    Fail: One did, and its whole interval lies beyond the limit: labels are missing or defined in another way,
    or the world has changed. If live traffic shows the same move, a retraining follows it: the gate then says
    so and does not block.
    Inconclusive: Only the point lies beyond the limit; or no commit of the repository has the champion's
    `data.lock` with a picture of its columns. Neither stops a release.
    Advice: Ask whether outcomes arrive late or are counted differently. After a real change, raise the limit or
    waive it with an expiry date.
    """

    name = "data/label-shift"
    question = "Has the share of an outcome moved?"
    keys = ("gates.data.label_shift",)

    def limit(self, case: SnapshotCase) -> float | None:
        return case.rules.label_shift

    def moved(self, case: SnapshotCase, previous: DataLock, limit: float) -> Verdict:
        rows, contract = case.rows, case.contract
        name = contract.outcome.name
        summary = previous.columns.get(name)
        before = summary.shares if summary else {}
        now = shares_of(rows[name])
        if not before:
            return self.answer(
                "pass",
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
                interval=distance_interval(
                    now.get(label, 0.0), len(rows), before.get(label, 0.0), behind, level
                ),
                group=f"{name}={label}",
            )
            for label in classes
        )
        sure, unsure = beyond(figures, limit)
        shown = sure or unsure or [max(figures, key=lambda one: one.value)]
        said = listed(
            f"{one.group} from {percent(before.get(label, 0.0))} of {behind:,} rows to "
            f"{percent(now.get(label, 0.0))} of {len(rows):,} "
            f"(moved by {percent(one.value)}, {between(one.interval, percent)})"
            for one in shown
            for label in [one.group.removeprefix(f"{name}=")]
        )
        return self.answer(
            "fail" if sure else "inconclusive" if unsure else "pass",
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
