"""Unseen values: what the contract allows and training never had must get an answer all the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from trunkline.core.contract import Column
from trunkline.core.figures import Figure
from trunkline.core.gate import Gate
from trunkline.core.raised import raised
from trunkline.core.verdicts import Verdict
from trunkline.inputs import Probe, input_of

from ..case import Case
from ..robustness.asking import Ask, evenly, finite_answers

BASES = 8
"""Rows of the test part in which each value is put."""
SHOWN = 5


class Unseen(Gate[Case]):
    """Categories, booleans and nulls that training never had, texts, numbers at the contract's ends (or far
    beyond training where it has none) are put into a few test rows, one feature at a time. They are listed, not
    drawn, so there is no interval.

    Pass: Each gets a finite answer.
    Fail: One raised an error, or got an answer that is no number. A user who sends it would get none.
    Inconclusive: The test part has no rows.
    Advice: Let the encoder take what it does not know (OneHotEncoder(handle_unknown='ignore'), an imputer for
    nulls), keep numbers finite (clip, log1p), or narrow the contract so that the service refuses the value.
    """

    name = "robustness/unseen"
    question = "Do values that the contract allows and training never had get an answer?"
    keys = ("gates.robustness.unseen",)
    switch = "robustness.unseen"

    def verdict(self, case: Case) -> Verdict:
        """Answer by values put in up to eight test rows, each that the training rows never had.

        Categories, booleans and nulls that these lack, texts, numbers at the contract's ends and, where it has none, as
        far beyond these as they are wide.
        """
        frame = case.test.frame
        seen = frame if case.train is None else case.train.frame
        if not len(frame):
            return self.answer("inconclusive", "There are 0 rows to put such values in.", threshold=0)
        base = frame.iloc[evenly(len(frame), BASES)]
        asked, failures = 0, []
        for column in case.contract.features:
            found = probes(column, seen[column.name])
            asked += len(found)
            if failed := _first_failing(case.ask, base, column, found):
                probe, error = failed
                failures.append(f"{column.name} = {_shown(probe.value)} ({probe.why}) gave {raised(error)}")
        more = f"; and {len(failures) - SHOWN} features more" if len(failures) > SHOWN else ""
        said = "; ".join(failures[:SHOWN]) + more if failures else "all got finite answers"
        return self.answer(
            "fail" if failures else "pass",
            f"Of {asked:,} such values, asked in {len(base)} rows each: {said}."
            if asked
            else "Training had every value that the contract allows.",
            threshold=0,
            # These values are listed, not drawn, so there is no interval.
            figures=(
                Figure(name="features_without_answer", value=len(failures), rows=len(base)),
                Figure(name="values_asked", value=asked, rows=asked * len(base)),
            ),
        )


def probes(column: Column, seen: pd.Series) -> tuple[Probe, ...]:
    """Return the values of a feature that are worth asking for, given those that training had."""
    known = seen.dropna()
    found = input_of(column).probes(known.unique().tolist())
    if column.nullable and len(known) == len(seen):
        found.append(Probe(None, "training never had a null"))
    return tuple(found)


def _first_failing(
    ask: Ask, base: pd.DataFrame, column: Column, found: Sequence[Probe]
) -> tuple[Probe, Exception] | None:
    """Return the first value that gets no answer, found by halving, and what the model said."""
    if not found:
        return None
    try:
        finite_answers(ask, _with(base, column, found))
    except Exception as error:
        if len(found) == 1:
            return found[0], error
        middle = len(found) // 2
        halves = (found[:middle], found[middle:])
        one = next((one for half in halves if (one := _first_failing(ask, base, column, half))), None)
        # Together they get no answer, and each alone does.
        return one or (found[0], error)
    return None


def _with(base: pd.DataFrame, column: Column, found: Sequence[Probe]) -> pd.DataFrame:
    rows = pd.concat([base] * len(found), ignore_index=True)
    values = pd.Series([probe.value for probe in found for _ in range(len(base))], dtype=object)
    gaps = values.isna().any()
    kept: dict[str, Any] = {
        "int64": "Int64" if gaps else "int64",
        "bool": "boolean" if gaps else "bool",
        "float64": "float64",
    }
    stored = input_of(column).stored
    return rows.assign(**{column.name: values.astype(kept[stored]) if stored in kept else values})


def _shown(value: object) -> str:
    if value is None:
        return "null"
    text = f"{value:g}" if isinstance(value, float) else repr(value)
    return text if len(text) <= 40 else f"{text[:30]}... ({len(text)} characters)"
