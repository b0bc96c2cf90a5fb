"""How many rows have equals with another outcome: what no model can get right."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd

from trunkline.core.contract import Role
from trunkline.core.figures import Figure, Interval
from trunkline.core.gate import Gate
from trunkline.core.verdicts import Verdict
from trunkline.inputs import input_of
from trunkline.measure.intervals import LEVEL, beyond, deviate, score_interval
from trunkline.measure.wording import between, percent

from .case import SnapshotCase
from .split import PARTS

Floats = npt.NDArray[np.float64]


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
        outcome = rows[contract.outcome.name]
        twins = float((np.bincount(equals)[equals] > 1).mean())
        amount = input_of(contract.outcome).quantity
        figure = (
            _within(equals, np.asarray(outcome, dtype=np.float64))
            if amount
            else _outvoted(equals, outcome.astype(str))
        )
        sure, unsure = beyond([figure], limit)
        where = "in every column but key and outcome"
        measured = f"{percent(figure.value)} ({between(figure.interval, percent)}; {percent(limit)} may)"
        what = (
            f"{measured} of the variance of {outcome.name} lies between rows that are equal {where}."
            if amount
            else f"{measured} of {len(rows):,} rows have equals {where} with another {outcome.name} more often."
        )
        reason = f"{what} No model can get that right. {percent(twins)} of the rows have an equal at all."
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


def _outvoted(equals: npt.NDArray[np.int64], labels: pd.Series) -> Figure:
    codes, classes = pd.factorize(labels, sort=True)
    pairs, counts = np.unique(equals * max(1, len(classes)) + codes, return_counts=True)
    most = np.zeros(int(equals.max(initial=-1)) + 1, dtype=np.int64)
    np.maximum.at(most, pairs // max(1, len(classes)), counts)
    rows = len(labels)
    share = (rows - int(most.sum())) / max(1, rows)
    return Figure(name="conflicts", value=share, rows=rows, interval=score_interval(share, rows))


def _within(equals: npt.NDArray[np.int64], outcome: Floats) -> Figure:
    counts = np.bincount(equals)
    means = np.bincount(equals, outcome) / np.maximum(counts, 1)
    inner, total = (outcome - means[equals]) ** 2, (outcome - outcome.mean()) ** 2
    ratio = float(inner.sum() / total.sum()) if total.sum() else 0.0
    # The ratio of two sums over rows, by linearisation: Cochran, Sampling Techniques (1977), section 6.4.
    spread = math.sqrt(float(((inner - ratio * total) ** 2).sum())) / float(total.sum() or 1.0)
    half = deviate(LEVEL) * spread
    interval = Interval(low=max(0.0, ratio - half), high=min(1.0, ratio + half))
    return Figure(name="conflicts", value=ratio, rows=len(outcome), interval=interval)
