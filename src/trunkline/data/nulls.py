"""Is a feature empty, or always the same?"""

from __future__ import annotations

import pandas as pd

from trunkline.core.figures import Figure
from trunkline.core.gate import Gate
from trunkline.core.verdicts import Verdict
from trunkline.measure.intervals import beyond, score_interval
from trunkline.measure.multiplicity import shared_level
from trunkline.measure.wording import between, columns, listed, percent

from .case import SnapshotCase


class Nulls(Gate[SnapshotCase]):
    """The share of nulls in each feature of train and validation, with intervals that hold for all features
    together (Bonferroni), and whether it takes more than one value.

    Pass: No feature has more nulls than allowed, or a single value only.
    Fail: One has more, with its whole interval, or is the same in every row: a source was renamed or is no
    longer filled, or a join found nothing.
    Inconclusive: A share is above the limit, but its interval reaches back over it; that does not stop a
    release.
    Advice: Look at load() and at the source of the named column; if it is meant so, take the column out of the
    features.
    """

    name = "data/nulls"
    question = "Does every feature have values that differ?"
    keys = ("gates.data.nulls",)

    def applies(self, case: SnapshotCase) -> bool:
        return case.rules.nulls is not None

    def verdict(self, case: SnapshotCase) -> Verdict:
        parts, contract, limit = case.parts, case.contract, case.rules.nulls or 0.0
        rows = pd.concat([parts["train"], parts["validation"]], ignore_index=True)
        level = shared_level(len(contract.features))
        figures = tuple(_figure(column.name, rows[column.name], level) for column in contract.features)
        empty, unsure = beyond(figures, limit)
        # A feature with one value and with nulls says something by the nulls: their share judges it.
        constant = [
            column.name
            for column, figure in zip(contract.features, figures, strict=True)
            if figure.value < 1 and rows[column.name].nunique(dropna=False) < 2
        ]
        said = []
        if empty:
            named = listed(
                f"{name} ({percent(one.value)})" for name, one in zip(columns(empty), empty, strict=True)
            )
            said.append(f"Without a value in more than {percent(limit)} of {len(rows):,} rows: {named}.")
        if constant:
            said.append(f"The same in every row: {listed(constant)}.")
        if not said and unsure:
            named = listed(
                f"{name} ({percent(one.value)}, {between(one.interval, percent)})"
                for name, one in zip(columns(unsure), unsure, strict=True)
            )
            said.append(
                f"Too few rows to say whether more than {percent(limit)} are without a value: {named}."
            )
        if not said:
            most = max(figures, key=lambda one: one.value)
            said.append(
                f"Every feature varies, and {columns([most])[0]} has the most nulls: {percent(most.value)}."
                if most.value
                else "Every feature varies, and none has nulls."
            )
        red = bool(empty or constant)
        return self.answer(
            "fail" if red else "inconclusive" if unsure else "pass",
            blocking=red or not unsure,
            reason=" ".join(said),
            threshold=limit,
            figures=figures,
        )


def _figure(name: str, values: pd.Series, level: float) -> Figure:
    share = float(values.isna().mean()) if len(values) else 0.0
    interval = score_interval(share, len(values), level)
    return Figure(name=f"nulls:{name}", value=share, rows=len(values), interval=interval)
