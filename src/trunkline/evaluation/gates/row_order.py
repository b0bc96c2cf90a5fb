"""Row order: an answer may not depend on the rows that are asked for with it."""

from __future__ import annotations

from functools import partial

import numpy as np

from trunkline.core.contract import Contract
from trunkline.core.figures import Figure
from trunkline.core.gate import Gate
from trunkline.core.raised import raised
from trunkline.core.verdicts import Verdict
from trunkline.measure.intervals import wilson
from trunkline.measure.paired import Array
from trunkline.measure.wording import number
from trunkline.tasks import task_of

from ..case import Case
from ..robustness.asking import ROUNDING, evenly
from ..scored import Scored

SINGLE_ROWS = 25
SEED = 7


class RowOrder(Gate[Case]):
    """The test rows are asked again, in another order, in half a batch and alone; rounding explains a change of
    0.00001.

    Pass: Every row keeps its answer.
    Fail: A row got another answer, or raised an error. One is enough: the interval only says how many others
    may.
    Inconclusive: There are fewer than two rows.
    Advice: Look for a feature or model that computes over the rows of a request (a mean, a rank, a fit inside
    transform), or draws random numbers when it predicts.
    """

    name = "robustness/row-order"
    question = "Does a row get the same answer whatever rows are asked for with it?"
    keys = ("gates.robustness.row_order",)
    switch = "robustness.row_order"

    def verdict(self, case: Case) -> Verdict:
        frame, rows = case.test.frame, len(case.test.frame)
        answer = partial(self.answer, threshold=ROUNDING)
        if rows < 2:
            return answer("inconclusive", f"There are {rows} rows.")
        alone = evenly(rows, SINGLE_ROWS)
        trials: dict[str, list[Array]] = {
            "asked a second time": [np.arange(rows)],
            "in another order": [np.random.default_rng(SEED).permutation(rows)],
            "in half a batch": [np.arange(rows // 2)],
            "alone": [np.array([row]) for row in alone],
        }
        doing, asked, greatest = "asked for all rows", 0, 0.0
        try:
            whole = case.ask(frame)
            for doing, batches in trials.items():
                changed, shift, count = 0, 0.0, 0
                for batch in batches:
                    one, two = _changes(whole, batch, case.ask(frame.iloc[batch]), case.contract)
                    changed, shift, count = changed + one, max(shift, two), count + len(batch)
                asked, greatest = asked + count, max(greatest, shift)
                if changed:
                    return answer(
                        "fail",
                        f"{changed:,} of {count:,} rows got another answer {doing}; the largest change is "
                        f"{number(shift)}, and rounding explains at most {ROUNDING:g}.",
                        figures=(
                            _changed(changed, count),
                            Figure(name="largest_change", value=shift, rows=count),
                        ),
                    )
        except Exception as error:
            return answer("fail", f"Rows {doing} raised {raised(error)}.")
        return answer(
            "pass",
            f"{rows:,} rows asked again, in another order, {rows // 2:,} of them in half a batch and {len(alone)} "
            f"alone got the same answers; the largest change is {number(greatest)}.",
            figures=(_changed(0, rows), Figure(name="largest_change", value=greatest, rows=asked)),
        )


def _changed(changed: int, rows: int) -> Figure:
    return Figure(name="changed_answers", value=changed / rows, rows=rows, interval=wilson(changed, rows))


def _changes(whole: Scored, batch: Array, again: Scored, contract: Contract) -> tuple[int, float]:
    """Return how many answers changed, and the largest change of a probability, or of a number relative to its size."""
    if len(again.labels) != len(batch):
        raise ValueError(f"{len(batch)} rows got {len(again.labels)} answers")
    apart = task_of(contract).apart(whole.answers.take(batch), again.answers, least=1.0)
    doubtful = whole.probabilities is None or again.probabilities is None
    moved = np.maximum(apart.distance, apart.other) if doubtful else apart.distance
    largest = float(moved.max()) if np.isfinite(moved).all() else float(np.finfo(np.float64).max)
    return int((moved > ROUNDING).sum()), largest
