"""A snapshot beside the champion's, of which only `data.lock` is there."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from trunkline.core.contract import Contract
from trunkline.core.gate import Gate
from trunkline.core.policy.data import DataPolicy
from trunkline.core.policy.gates import DataGates
from trunkline.core.snapshots import DataLock
from trunkline.core.verdicts import Verdict
from trunkline.inputs import input_of

from .case import SnapshotCase
from .followed import followed, moved_columns
from .jumps import judge_jumps
from .label_shift import judge_label_shift
from .new_categories import judge_new_categories
from .split import Parts

FEWEST = 30
"""Fewer answered rows than this confirm nothing."""


class _Comparison(Gate[SnapshotCase]):
    """The rows beside a picture of the champion's snapshot."""

    def limit(self, case: SnapshotCase) -> float | None:
        """Return the policy's limit; None if it is not asked."""
        raise NotImplementedError

    def moved(self, case: SnapshotCase, previous: DataLock, limit: float) -> Verdict:
        """Return the answer where there is a picture."""
        raise NotImplementedError

    def verdicts(self, case: SnapshotCase) -> Iterable[Verdict]:
        """Return the answer: without a champion a pass, without a picture of its columns inconclusive; neither blocks.

        A move that live traffic shows too, and a retraining follows, does not block.
        """
        limit, previous = self.limit(case), case.previous
        if limit is None:
            return
        if previous and previous.columns:
            yield followed(self.moved(case, previous, limit), case.follows)
            return
        yield Verdict(
            gate=self.name,
            question=self.question,
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


class NewCategories(_Comparison):
    """The share of rows with such a category, by column, against the picture of the champion's snapshot in
    `data.lock`, which is looked for at the champion's commit and then, by the snapshot's digest, in the whole
    history (a squashed merge leaves the commit behind). A small snapshot misses rare categories by chance; what
    chance may explain passes.

    Pass: No column has more such rows than allowed, or there is no champion to compare with.
    Fail: One has: a code was renamed, or a new kind of row has come in. If live traffic shows the same move, a
    retraining follows it: the gate then says so and does not block.
    Inconclusive: The share is above the limit, but its interval reaches back over it; or no commit of the
    repository has the champion's `data.lock` with a picture of its columns. Neither stops a release.
    Advice: Map the new spelling in load(), or welcome the new category in the contract and raise the limit in a
    reviewed change.
    Source: Good (1953), Biometrika 40: the share of what was never seen.
    """

    name = "data/new-categories"
    question = "Are there categories that the champion's snapshot never had?"
    keys = ("gates.data.new_categories",)

    def limit(self, case: SnapshotCase) -> float | None:
        return case.rules.new_categories

    def moved(self, case: SnapshotCase, previous: DataLock, limit: float) -> Verdict:
        return judge_new_categories(case.rows, case.contract, previous, limit)


class Jumps(_Comparison):
    """How far the quantiles of each number have moved from the champion's snapshot: quartiles in widths of the
    middle half, the outermost in widths of what lies between them; whichever width is narrower, then or now.
    The event time is left out.

    Pass: No column moved further than the limit, or there is no champion to compare with.
    Fail: One did, with its whole interval: euro to cents, years to days, -999 for unknown; or the world has
    changed. If live traffic shows the same move, a retraining follows it: the gate then says so and does not
    block.
    Inconclusive: The move is greater than the limit, but its interval reaches back over it; or no commit of the
    repository has the champion's `data.lock` with a picture of its columns. Neither stops a release.
    Advice: Ask whoever makes the source whether unit, scale or the mark of an unknown value has changed, and
    mend it in load(). After a real change, raise the limit or waive it with an expiry date.
    Source: Mathisen (1943), Annals of Mathematical Statistics 14: distribution-free intervals from order
    statistics.
    """

    name = "data/jumps"
    question = "Has a number jumped, as it does when its unit or range changes?"
    keys = ("gates.data.jump",)

    def limit(self, case: SnapshotCase) -> float | None:
        return case.rules.jump

    def moved(self, case: SnapshotCase, previous: DataLock, limit: float) -> Verdict:
        return judge_jumps(case.rows, case.contract, previous, limit)


class LabelShift(_Comparison):
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
        return None if input_of(case.contract.outcome).quantity else case.rules.label_shift

    def moved(self, case: SnapshotCase, previous: DataLock, limit: float) -> Verdict:
        return judge_label_shift(case.rows, case.contract, previous, limit)


def compare(
    rows: pd.DataFrame, contract: Contract, previous: DataLock | None, gates: DataGates
) -> tuple[Verdict, ...]:
    """Return the verdicts data/new-categories, data/jumps and data/label-shift, those whose limit is not null.

    A numeric outcome has no classes: data/jumps looks at it.
    """
    parts: Parts = {"train": rows, "validation": rows[:0], "test": rows[:0]}
    case = SnapshotCase(parts, contract, DataPolicy(), gates, "", previous)
    return tuple(verdict for gate in (NewCategories, Jumps, LabelShift) for verdict in gate().verdicts(case))


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
