"""Do rows have categories that the champion's snapshot never had?"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from trunkline.core.contract import Role
from trunkline.core.figures import Figure, Interval
from trunkline.core.snapshots import DataLock
from trunkline.core.verdicts import Verdict
from trunkline.measure.intervals import score_interval
from trunkline.measure.multiplicity import shared_level
from trunkline.measure.wording import between, listed, percent

from .case import SnapshotCase
from .comparison import Comparison
from .summaries import rows_behind, shares_of, summarised


@dataclass(frozen=True)
class New:
    """The values of a column that were never there: in what share of rows, and what share chance may explain."""

    column: str
    values: tuple[str, ...]
    figure: Figure
    interval: Interval
    chance: float


class NewCategories(Comparison):
    """The share of rows with such a category, by column, against the picture of the champion's snapshot in
    `data.lock`, which is looked for at the champion's commit and then, by the snapshot's digest, in the whole
    history (a squashed merge leaves the commit behind). A small snapshot misses rare categories by chance; what
    chance may explain passes.

    Pass: No column has more such rows than allowed, or there is no champion to compare with.
    Fail: One has: a code was renamed, or a new kind of row has come in. If live traffic shows the same move, a
    retraining follows it: the gate then says so and does not block.
    Inconclusive: The share is above the limit, but its interval reaches back over it; or no commit of the
    repository has the champion's `data.lock` with a picture of its columns. Neither stops a release.
    Advice: Ask whoever makes the source whether the value is a new kind of case or a new spelling. Correct a
    spelling in load(); for a new kind, see that train has enough rows of it, and raise
    `gates.data.new_categories` or waive the gate in a reviewed change.
    Source: Good (1953), Biometrika 40: the share of what was never seen.
    """

    name = "data/new-categories"
    question = "Are there categories that the champion's snapshot never had?"
    keys = ("gates.data.new_categories",)

    def limit(self, case: SnapshotCase) -> float | None:
        return case.rules.new_categories

    def moved(self, case: SnapshotCase, previous: DataLock, limit: float) -> Verdict:
        rows, contract = case.rows, case.contract
        compared = [
            column.name
            for column in summarised(contract)
            if column.role is not Role.OUTCOME
            and column.name in previous.columns
            and previous.columns[column.name].shares
        ]
        level = shared_level(len(compared))
        found = [_new(rows[name], name, previous, level) for name in compared]
        sure = [new for new in found if new.interval.low > max(limit, new.chance)]
        unsure = [new for new in found if new not in sure and new.figure.value > max(limit, new.chance)]
        shown = sorted(sure or unsure, key=lambda new: -new.figure.value)
        named = listed(
            f"{new.column} = {listed(new.values)} ({percent(new.figure.value)}, {between(new.interval, percent)})"
            for new in shown
        )
        most = max(found, key=lambda new: new.figure.value, default=None)
        if sure:
            reason = f"In more than {percent(limit)} of {len(rows):,} rows the value is new: {named}."
        elif unsure:
            reason = (
                f"Too few rows, now or in the champion's snapshot, to say whether this is chance: {named}."
            )
        elif most is None:
            reason = "No column has categories to compare."
        elif most.values:
            share = percent(most.figure.value)
            reason = f"Most new values are in {most.column}: {listed(most.values)}, in {share} of {len(rows):,} rows."
            if most.figure.value > limit:
                reason += " The champion's snapshot was so small that it missed rare values by chance."
        else:
            reason = f"None of {len(compared)} columns has a new value."
        return self.answer(
            "fail" if sure else "inconclusive" if unsure else "pass",
            blocking=bool(sure) or not unsure,
            reason=reason,
            threshold=limit,
            figures=tuple(new.figure for new in found),
        )


def _new(values: pd.Series, name: str, previous: DataLock, level: float) -> New:
    before, now = previous.columns[name].shares, shares_of(values)
    rows, behind = len(values), rows_behind(previous, name)
    news = tuple(value for value in now if value not in before)
    share = round(sum(now[value] for value in news) * int(values.notna().sum())) / max(1, rows)
    single = sum(round(value * behind) == 1 for value in before.values())
    interval = score_interval(share, rows, level)
    return New(
        column=name,
        values=news,
        figure=Figure(name=f"new_categories:{name}", value=share, rows=rows, interval=interval),
        interval=interval,
        chance=score_interval(single / max(1, behind), behind, level).high,
    )
