"""Unseen values: what the contract allows and training never had must get an answer all the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from trunkline.core.contract import Column, Contract
from trunkline.core.figures import Figure
from trunkline.core.gate import Gate
from trunkline.core.verdicts import Verdict
from trunkline.inputs import input_of

from ..case import Case
from ..robustness.asking import Ask, evenly, finite_answers, what_happened

BASES = 8
"""Rows of the test part in which each value is put."""
LARGEST = 3.4028234663852886e38
"""The largest number that the service lets through: models compute in float32."""
LARGEST_WHOLE = 2.0**62
"""Near the largest whole number that fits 64 bits, and exact as a float."""
TEXTS = ("", "a text that training never had", "\u00e9\u4f60\u597d \U0001f600", "x" * 2000)
TIMES = ("1901-01-01", "2199-12-31T23:59:59.999999")
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

    def applies(self, case: Case) -> bool:
        return case.policy.gates.robustness.unseen

    def verdict(self, case: Case) -> Verdict:
        seen = case.test.frame if case.train is None else case.train.frame
        return unseen_verdict(case.ask, case.test.frame, case.contract, seen)


@dataclass(frozen=True)
class Probe:
    """A value of one feature to ask for, None for null, and why."""

    value: object
    why: str


def unseen_verdict(ask: Ask, frame: pd.DataFrame, contract: Contract, seen: pd.DataFrame) -> Verdict:
    """Answer whether values that the rows in `seen` (those of training) never had get finite answers.

    Each is put in up to eight rows of `frame`: categories, booleans and nulls that `seen` lacks, texts, numbers at
    the contract's ends and, where it has none, as far beyond `seen` as `seen` is wide.
    """
    gate = "robustness/unseen"
    question = "Does the model answer values that the contract allows and training never had?"
    if not len(frame):
        return Verdict(
            gate=gate,
            outcome="inconclusive",
            question=question,
            threshold=0,
            reason="There are 0 rows to put such values in.",
            advice="Give the test part rows.",
        )
    base = frame.iloc[evenly(len(frame), BASES)]
    asked, failures = 0, []
    for column in contract.features:
        found = probes(column, seen[column.name])
        asked += len(found)
        failed = _first_failing(ask, base, column, found)
        if failed is not None:
            probe, error = failed
            failures.append(
                f"{column.name} = {_shown(probe.value)} ({probe.why}) gave {what_happened(error)}"
            )
    # These values are listed, not drawn, so there is no interval.
    figures = (
        Figure(name="features_without_answer", value=len(failures), rows=len(base)),
        Figure(name="values_asked", value=asked, rows=asked * len(base)),
    )
    if failures:
        more = f"; and {len(failures) - SHOWN} features more" if len(failures) > SHOWN else ""
        return Verdict(
            gate=gate,
            outcome="fail",
            question=question,
            threshold=0,
            figures=figures,
            reason=f"Of {asked:,} such values, asked in {len(base)} rows each: {'; '.join(failures[:SHOWN])}{more}.",
            advice="Let the encoder take what it does not know (OneHotEncoder(handle_unknown='ignore'), an imputer for "
            "nulls), keep numbers finite (clip, log1p), or narrow the contract so that the service refuses the value.",
        )
    return Verdict(
        gate=gate,
        outcome="pass",
        question=question,
        threshold=0,
        figures=figures,
        reason=f"{asked:,} such values, asked in {len(base)} rows each, all got finite answers."
        if asked
        else "Training had every value that the contract allows.",
    )


def probes(column: Column, seen: pd.Series) -> tuple[Probe, ...]:
    """Return the values of a feature that are worth asking for, given those that training had."""
    known = seen.dropna()
    found: list[Probe] = []
    if column.type in ("category", "boolean"):
        allowed: tuple[object, ...] = (
            (False, True)
            if column.type == "boolean"
            else tuple(map(input_of(column).label, column.categories))
        )
        had = set(known.tolist())
        found = [Probe(value, "training never had it") for value in allowed if value not in had]
    if column.type == "text" or (column.type == "category" and not column.categories):
        found = [Probe(value, "a text that training never had") for value in TEXTS if _allowed(value, column)]
    if column.type == "time":
        found = [Probe(time, "far from what training had") for time in TIMES if _allowed(time, column)]
    if column.type in ("integer", "number"):
        found = _ends(column, known.to_numpy(dtype=np.float64))
    if column.nullable and len(known) == len(seen):
        found.append(Probe(None, "training never had a null"))
    return tuple(found)


def _allowed(value: str, column: Column) -> bool:
    try:
        input_of(column).check(value)
    except ValueError:
        return False
    return True


def _ends(column: Column, known: np.ndarray) -> list[Probe]:
    least, most = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    wide = most - least or max(1.0, abs(most))
    limit = LARGEST_WHOLE if column.type == "integer" else LARGEST
    low = -limit if column.minimum is None else max(column.minimum, -limit)
    high = limit if column.maximum is None else min(column.maximum, limit)
    ends = (
        (column.minimum, low, least - wide, "least", math.ceil),
        (column.maximum, high, most + wide, "greatest", math.floor),
    )
    found = []
    for declared, end, beyond, name, whole in ends:
        value = min(max(beyond, low), high) if declared is None else end
        why = f"beyond what training had, with no {name} value in the contract"
        found.append(
            Probe(
                whole(value) if column.type == "integer" else value,
                why if declared is None else f"the contract's {name} value",
            )
        )
    return found


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
    if column.coded:
        values = values.astype("Int64")
    elif column.type in ("integer", "number"):
        whole = column.type == "integer" and not values.isna().any()
        values = values.astype("int64" if whole else "float64")
    elif column.type == "boolean":
        values = values.astype("boolean" if values.isna().any() else "bool")
    return rows.assign(**{column.name: values})


def _shown(value: object) -> str:
    if value is None:
        return "null"
    text = f"{value:g}" if isinstance(value, float) else repr(value)
    return text if len(text) <= 40 else f"{text[:30]}... ({len(text)} characters)"
