"""Row order: an answer may not depend on the rows that are asked for with it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from trunkline.core.contract import Contract
from trunkline.core.figures import Figure
from trunkline.core.gate import Gate
from trunkline.core.verdicts import Verdict
from trunkline.measure.intervals import wilson
from trunkline.measure.paired import Array
from trunkline.measure.wording import number
from trunkline.tasks import task_of

from ..case import Case
from ..robustness.asking import ROUNDING, Ask, evenly, what_happened
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
    Advice: Look for a feature or model that computes over the rows of a request, or draws random numbers when
    it predicts.
    """

    name = "robustness/row-order"
    question = "Does a row get the same answer whatever rows are asked for with it?"
    keys = ("gates.robustness.row_order",)

    def applies(self, case: Case) -> bool:
        return case.policy.gates.robustness.row_order

    def verdict(self, case: Case) -> Verdict:
        return row_order_verdict(case.ask, case.test.frame, case.contract)


def row_order_verdict(ask: Ask, frame: pd.DataFrame, contract: Contract) -> Verdict:
    """Answer whether a row gets the same answer in another order, in half a batch, alone, and when asked twice."""
    gate = "robustness/row-order"
    question = "Does a row get the same answer whatever rows are asked for with it?"
    advice = (
        "Look for a feature or model that computes over the rows of a request (a mean, a rank, a fit inside "
        "transform) or draws random numbers when it predicts."
    )
    rows = len(frame)
    if rows < 2:
        return Verdict(
            gate=gate,
            outcome="inconclusive",
            question=question,
            threshold=ROUNDING,
            reason=f"There are {rows} rows.",
            advice=advice,
        )
    shuffled = np.random.default_rng(SEED).permutation(rows)
    alone = evenly(rows, SINGLE_ROWS)
    trials: list[tuple[str, list[Array]]] = [
        ("asked a second time", [np.arange(rows)]),
        ("in another order", [shuffled]),
        ("in half a batch", [np.arange(rows // 2)]),
        ("alone", [np.array([row]) for row in alone]),
    ]
    doing = "asked for all rows"
    asked = 0
    greatest = 0.0
    try:
        whole = ask(frame)
        for name, batches in trials:
            doing = name
            changed, shift, count = 0, 0.0, 0
            for batch in batches:
                one, two = _changes(whole, batch, ask(frame.iloc[batch]), contract)
                changed, shift, count = changed + one, max(shift, two), count + len(batch)
            asked, greatest = asked + count, max(greatest, shift)
            if changed:
                return Verdict(
                    gate=gate,
                    outcome="fail",
                    question=question,
                    threshold=ROUNDING,
                    figures=(
                        _changed(changed, count),
                        Figure(name="largest_change", value=shift, rows=count),
                    ),
                    reason=f"{changed:,} of {count:,} rows got another answer {name}; the largest change is "
                    f"{number(shift)}, and rounding explains at most {ROUNDING:g}.",
                    advice=advice,
                )
    except Exception as error:
        return Verdict(
            gate=gate,
            outcome="fail",
            question=question,
            threshold=ROUNDING,
            reason=f"Rows {doing} raised {what_happened(error)}.",
            advice=advice,
        )
    return Verdict(
        gate=gate,
        outcome="pass",
        question=question,
        threshold=ROUNDING,
        figures=(_changed(0, rows), Figure(name="largest_change", value=greatest, rows=asked)),
        reason=f"{rows:,} rows asked again, in another order, {rows // 2:,} of them in half a batch and "
        f"{len(alone)} alone got the same answers; the largest change is {number(greatest)}.",
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
