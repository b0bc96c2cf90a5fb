"""Are there enough rows, and rows of every outcome, to learn from and to judge by?"""

from __future__ import annotations

from trunkline.core.figures import Figure
from trunkline.core.gate import Gate
from trunkline.core.verdicts import Verdict
from trunkline.tasks import outcomes_of

from .case import SnapshotCase
from .split import PARTS


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
        values = {part: case.parts[part][case.contract.outcome.name] for part in PARTS}
        found = outcomes_of(case.contract).sufficient(values, case.contract)
        return self.answer(
            found.outcome,
            found.reason,
            threshold=found.threshold,
            figures=found.figures,
            advice=found.advice,
        )
