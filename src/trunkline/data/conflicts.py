"""How many rows have equals with another outcome: what no model can get right."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from trunkline.core.contract import Role
from trunkline.core.figures import Figure
from trunkline.core.gate import Gate
from trunkline.core.verdicts import Verdict
from trunkline.measure.intervals import beyond
from trunkline.measure.wording import between, percent
from trunkline.tasks import outcomes_of

from .case import SnapshotCase
from .split import PARTS


class Conflicts(Gate[SnapshotCase]):
    """The share of rows whose equals (the same in every column but key and outcome) have another outcome more
    often: what even a perfect look-up gets wrong. Regression: the share of the outcome's variance that lies
    within groups of equal rows.

    Pass: The share is at most the limit.
    Fail: The whole interval lies above it: labels are wrong, or what tells these rows apart is not among the
    columns.
    Inconclusive: The share is above the limit, but its interval reaches back over it; that does not stop a
    release.
    Advice: Look at a few such rows: correct the labels, or add the feature that tells them apart. With few
    coarse columns people simply look alike; then raise the limit in a reviewed change.
    """

    name = "data/conflicts"
    question = "Do equal rows have different outcomes?"
    keys = ("gates.data.conflicts",)

    def applies(self, case: SnapshotCase) -> bool:
        return case.rules.conflicts is not None

    def verdict(self, case: SnapshotCase) -> Verdict:
        parts, contract, limit = case.parts, case.contract, case.rules.conflicts or 0.0
        rows = pd.concat([parts[name] for name in PARTS], ignore_index=True)
        by = [column.name for column in contract.columns if column.role not in (Role.KEY, Role.OUTCOME)]
        equals = np.asarray(rows.groupby(by, sort=False, dropna=False).ngroup(), dtype=np.int64)
        twins = float((np.bincount(equals)[equals] > 1).mean())
        figure, what = outcomes_of(contract).conflicts(equals, rows[contract.outcome.name])
        sure, unsure = beyond([figure], limit)
        reason = (
            f"{percent(figure.value)} ({between(figure.interval, percent)}; {percent(limit)} may) of {what}. Equal is "
            "equal in every column but key and outcome, and no model can get that right. "
            f"{percent(twins)} of the rows have an equal at all."
        )
        if unsure:
            reason += " The interval reaches back over the limit."
        return self.answer(
            "fail" if sure else "inconclusive" if unsure else "pass",
            blocking=not unsure,
            reason=reason,
            threshold=limit,
            figures=(figure, Figure(name="rows_with_an_equal", value=twins, rows=len(rows))),
            advice=_advice(figure.value) if sure or unsure else "",
        )


def _advice(value: float) -> str:
    # A limit a little above what is there now still notices when labels get worse.
    room = math.ceil(value * 1.3 * 100) / 100
    return (
        "Look at such rows first. If one case was labelled twice, mend the labels in load(). If few or coarse columns "
        "make different cases look alike, this is noise of the world: add a column that tells them apart, or raise "
        f"gates.data.conflicts to about {min(room, 1.0):g}."
    )
