"""Are there enough rows, and rows of every outcome, to learn from and to judge by?"""

from __future__ import annotations

import pandas as pd

from trunkline.core.contract import Contract, as_label
from trunkline.core.figures import Figure
from trunkline.core.gate import Gate
from trunkline.core.verdicts import Outcome, Verdict
from trunkline.inputs import input_of
from trunkline.measure.intervals import wilson

from .case import SnapshotCase
from .split import PARTS, Parts

LEAST_OF_CLASS = 10
"""Rows of each class that the test part needs before anything can be said of it."""


class EnoughRows(Gate[SnapshotCase]):
    """The rows of train, validation and test are counted.

    Pass: There are at least as many rows as asked for, and none of the three parts is empty.
    Fail: There are fewer, or a part is empty.
    Inconclusive: Never.
    Advice: Widen `data.window`, or bring more rows in load().
    """

    name = "data/rows"
    question = "Are there enough rows to learn from and to judge by?"
    keys = ("data.minimum_rows",)

    def verdict(self, case: SnapshotCase) -> Verdict:
        least = case.policy.minimum_rows
        counts = {name: len(case.parts[name]) for name in PARTS}
        total = sum(counts.values())
        empty = [name for name in PARTS if not counts[name]]
        enough = total >= least and not empty
        said = f"{total:,} rows" + (f", and none in {' and '.join(empty)}" if empty else "")
        return self.answer(
            "pass" if enough else "fail",
            reason=f"{said}; at least {least:,} are asked for.",
            threshold=least,
            figures=tuple(
                Figure(name="rows", value=float(count), rows=count, group=group)
                for group, count in [
                    ("", total),
                    *((f"part={name}", count) for name, count in counts.items()),
                ]
            ),
        )


class EnoughOfEveryOutcome(Gate[SnapshotCase]):
    """The rows of each outcome are counted in train and in test. Regression: the outcome must vary in every
    part.

    Pass: Every outcome is in train, and at least 10 rows of each are in test.
    Fail: Train has no row of an outcome, or the number to predict is the same in every row of a part.
    Inconclusive: An outcome has fewer than 10 rows in test: nothing can be said of it.
    Advice: Bring more rows of the rare outcome, look at the filter in load(), or take the class out of the
    contract.
    """

    name = "data/classes"
    question = "Are there rows of every outcome to learn from and to judge by?"

    def verdict(self, case: SnapshotCase) -> Verdict:
        parts, contract = case.parts, case.contract
        if input_of(contract.outcome).quantity:
            return self._spread(parts, contract)
        name = contract.outcome.name
        labels = {part: parts[part][name].astype(object).map(as_label) for part in PARTS}
        classes = contract.outcome.categories
        everything = pd.concat(list(labels.values()))
        counts = {label: int((everything == label).sum()) for label in classes}
        in_train = {label: int((labels["train"] == label).sum()) for label in classes}
        in_test = {label: int((labels["test"] == label).sum()) for label in classes}
        unseen = [label for label in classes if not in_train[label]]
        rare = [label for label in classes if in_test[label] < LEAST_OF_CLASS]
        outcome: Outcome = "fail" if unseen else "inconclusive" if rare else "pass"
        reason = {
            "fail": f"Train has no row of {name} = {' or '.join(unseen)}.",
            "inconclusive": f"Test has fewer than {LEAST_OF_CLASS} rows of {name} = {' or '.join(rare)}.",
            "pass": f"Every class is there; the rarest has {min(in_test.values(), default=0):,} rows in test.",
        }[outcome]
        return self.answer(
            outcome,
            reason=reason,
            threshold=LEAST_OF_CLASS,
            figures=tuple(
                _share(f"{name}={label}", count, len(everything)) for label, count in counts.items()
            ),
        )

    def _spread(self, parts: Parts, contract: Contract) -> Verdict:
        values = {part: parts[part][contract.outcome.name] for part in PARTS}
        constant = [part for part in PARTS if values[part].nunique() < 2]
        everything = pd.concat(list(values.values())).astype("float64")
        return self.answer(
            "fail" if constant else "pass",
            question="Does the outcome vary in every part?",
            reason=f"{contract.outcome.name} is the same in every row of {' and '.join(constant)}."
            if constant
            else f"{contract.outcome.name} takes {everything.nunique():,} values.",
            figures=(
                Figure(name="mean", value=float(everything.mean()), rows=len(everything)),
                Figure(name="standard_deviation", value=float(everything.std(ddof=0)), rows=len(everything)),
            ),
            advice="Look at the filter in load() and at data.window." if constant else "",
        )


def _share(group: str, count: int, rows: int) -> Figure:
    return Figure(name="share", value=count / rows, rows=rows, group=group, interval=wilson(count, rows))
