"""Metamorphic tests: a change of the inputs whose effect on the answer is known without knowing the outcome.

Method: Chen, Cheung and Yiu (1998), Metamorphic testing; Ribeiro et al. (2020), Beyond Accuracy: CheckList.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from trunkline.core.contract import Column, Contract, Role, as_label
from trunkline.core.errors import PolicyError
from trunkline.core.gates import Metamorphic, RobustnessGates, Value
from trunkline.core.intervals import wilson
from trunkline.core.records import Figure, Verdict

from .asking import ROUNDING, Ask, evenly, finite_answers, taken, what_happened
from .performance import FEWEST
from .scored import Array, Paired, Scored, pair_scored
from .wording import between, number

ROWS = 20_000
"""Rows that are changed and asked again at most, spread evenly."""
NUMERIC = ("integer", "number")
EXPECTED = {
    "same": "leaves the answer as it is",
    "not-higher": "never raises the answer",
    "not-lower": "never lowers the answer",
}


@dataclass(frozen=True)
class Change:
    """A feature's values after the change, and which rows it moved or would have taken out of the contract."""

    values: pd.Series
    moved: Array
    outside: Array


def check_metamorphic(policy: RobustnessGates, contract: Contract) -> None:
    """Check that every metamorphic test changes a feature in a way that the contract allows.

    Raises PolicyError that names the key `gates.robustness.metamorphic.<i>` and close matches.
    """
    names = [rule.name for rule in policy.metamorphic]
    for place, rule in enumerate(policy.metamorphic):
        key = f"gates.robustness.metamorphic.{place}"
        if rule.name in names[:place]:
            raise PolicyError(
                f"{key}.name is {rule.name}, as that of another test.",
                next_step="give each test its own name",
            )
        column = _feature(rule.column, contract, f"{key}.column")
        _check_change(rule, column, f"{key}.column")
        if rule.expect != "same" and contract.task == "classification" and not _directed(contract):
            raise PolicyError(
                f"{key}.expect is {rule.expect}, and the outcome {contract.outcome.name} has no positive class to be "
                "higher or lower.",
                next_step="set it to same, or name the positive outcome in the contract",
            )


def metamorphic_verdict(ask: Ask, test: Scored, contract: Contract, rule: Metamorphic) -> Verdict:
    """Answer in which share of the rows the change breaks what is expected of it, with Wilson's interval.

    The answer is the positive probability, or the number predicted; the label where there is no such probability, and
    where one of many classes must stay the same.
    Only rows that the change moves and leaves within the contract are asked.
    """
    gate = f"robustness/metamorphic:{rule.name}"
    test = taken(test, evenly(len(test.frame), ROWS))
    column = contract.column(rule.column)
    said = change_words(rule)
    question = f"Is it so that {said} {EXPECTED[rule.expect]}?"
    change = changed(test.frame[rule.column], column, rule)
    rows, outside = int(change.moved.sum()), int(change.outside.sum())
    left = f" {outside:,} rows would leave the contract and were not asked." if outside else ""
    if not rows:
        return Verdict(
            gate=gate,
            outcome="inconclusive",
            question=question,
            threshold=rule.violations,
            reason=f"None of {len(test.frame):,} rows can be asked with {said}.{left}",
            advice="Choose a smaller change, or other values, in trunkline.yaml.",
        )
    before = taken(test, np.flatnonzero(change.moved))
    try:
        after = finite_answers(ask, before.frame.assign(**{rule.column: change.values[change.moved]}))
    except Exception as error:
        return Verdict(
            gate=gate,
            outcome="fail",
            question=question,
            threshold=rule.violations,
            reason=f"{rows:,} rows with {said} got no answer: {what_happened(error)}.",
            advice="Make the model answer every row that the contract allows.",
        )
    pair = pair_scored(before, contract, beside=after), pair_scored(after, contract, beside=before)
    rise = _rise(*pair, rule)
    beyond = _beyond(rise, pair[0], rule)
    return _judged(gate, question, said, left, beyond, rise, rule)


def changed(values: pd.Series, column: Column, rule: Metamorphic) -> Change:
    """Return a feature's values under the change; a null that is added to or swapped stays null, and unmoved."""
    null = values.isna().to_numpy(dtype=bool)
    outside = np.zeros(len(values), dtype=bool)
    if rule.add is not None or rule.multiply is not None:
        before = values.to_numpy(dtype=np.float64, na_value=np.nan)
        after = before + rule.add if rule.add is not None else before * (rule.multiply or 0.0)
        low = -np.inf if column.minimum is None else column.minimum
        high = np.inf if column.maximum is None else column.maximum
        whole = after == np.rint(after) if column.type == "integer" else np.full(len(values), True)
        outside = ~null & ~((after >= low) & (after <= high) & whole)
        moved = ~null & ~outside & (after != before)
        after = np.where(moved, after, 0.0)
        kept = after.astype(np.int64) if column.type == "integer" else after
        return Change(pd.Series(kept, index=values.index), moved, outside)
    plain = values.astype(object).where(~null, None)
    if rule.swap is not None:
        one, two = (_value(column, value) for value in rule.swap)
        is_one, is_two = ((plain == value).to_numpy(dtype=bool) for value in (one, two))
        swapped = plain.mask(is_one, two).mask(is_two, one)
        return Change(swapped.infer_objects(), is_one | is_two, outside)
    value = _value(column, rule.set_to)
    same = (plain == value).to_numpy(dtype=bool)
    return Change(pd.Series([value] * len(values), index=values.index), ~same, outside)


def change_words(rule: Metamorphic) -> str:
    """Return the change in words: `checks plus 1`."""
    if rule.add is not None:
        return f"{rule.column} {'plus' if rule.add >= 0 else 'minus'} {abs(rule.add):g}"
    if rule.multiply is not None:
        return f"{rule.column} times {rule.multiply:g}"
    if rule.swap is not None:
        return f"{rule.column} swapped between {as_label(rule.swap[0])} and {as_label(rule.swap[1])}"
    return f"{rule.column} set to {as_label(rule.set_to)}"


def _rise(before: Paired, after: Paired, rule: Metamorphic) -> Array:
    """Return by how much each answer rises; of labels, 1 or -1 towards or from the positive one, 1 for another one."""
    if not before.classes:
        return np.asarray(after.labels - before.labels)
    place = before.positive
    if place is None or (rule.expect == "same" and not before.binary):
        return np.asarray(after.labels != before.labels, dtype=np.float64)
    if before.probabilities is None or after.probabilities is None:
        towards = np.asarray(after.labels == place, dtype=np.float64)
        return np.asarray(towards - (before.labels == place))
    return np.asarray(after.probabilities[:, place] - before.probabilities[:, place])


def _beyond(rise: Array, before: Paired, rule: Metamorphic) -> Array:
    """Return by how much each answer goes beyond what is expected; not above zero where it does not."""
    size = np.abs(before.labels) if not before.classes else np.zeros(len(rise))
    wrong = {"same": np.abs(rise), "not-higher": rise, "not-lower": -rise}[rule.expect]
    return np.asarray(wrong - rule.tolerance - ROUNDING * np.maximum(1.0, size))


def _judged(
    gate: str, question: str, said: str, left: str, beyond: Array, rise: Array, rule: Metamorphic
) -> Verdict:
    rows, broken = len(beyond), int((beyond > 0).sum())
    span = wilson(broken, rows)
    share = Figure(name="violations", value=broken / rows, rows=rows, interval=span)
    largest = Figure(name="largest_change", value=float(rise[np.argmax(beyond)]), rows=rows)
    over = share.value > rule.violations
    fails = over and span.low > rule.violations
    thin = rows < FEWEST and not over
    worst = f" The worst change is {number(largest.value)}." if broken else ""
    reason = (
        f"With {said}, {broken:,} of {rows:,} rows break it: {number(share.value)} ({between(span)}); at most "
        f"{number(rule.violations)} may, and a change of {rule.tolerance:g} counts as none.{worst}{left}"
    )
    if over and not fails:
        reason += " The interval reaches back below the limit, so these rows cannot tell."
    if thin:
        reason += f" Fewer than {FEWEST} rows say little."
    passes = not over and not thin
    return Verdict(
        gate=gate,
        outcome="fail" if fails else "pass" if passes else "inconclusive",
        # Rows that may or may not be too many must not hold a release up.
        blocking=fails or passes,
        question=question,
        threshold=rule.violations,
        figures=(share, largest),
        reason=reason,
        advice=""
        if passes
        else f"Constrain the model (monotonic_cst of HistGradientBoosting, or drop or transform {rule.column}), give "
        "it more rows of both kinds; or, if the expectation is wrong, correct it in trunkline.yaml.",
    )


def _directed(contract: Contract) -> bool:
    return bool(contract.positive) or contract.outcome.type == "boolean"


def _feature(name: str, contract: Contract, key: str) -> Column:
    features = [column.name for column in contract.features]
    column = next((column for column in contract.columns if column.name == name), None)
    if column is not None and column.role is Role.FEATURE:
        return column
    if column is None:
        close = difflib.get_close_matches(name, features, n=3, cutoff=0.5)
        raise PolicyError(
            f"{key} is {name}, and the contract has no such column.",
            next_step=f"use {' or '.join(close)}" if close else f"use one of {', '.join(features)}",
        )
    why = (
        "the model does not see it, so no change of it can change an answer"
        if column.role is Role.AUDIT
        else ""
    )
    raise PolicyError(
        f"{key} is {name}, which has the role {column.role.value}: {why or 'it is no feature'}.",
        next_step="ask the fairness gates about it, or change a feature that may stand in for it"
        if why
        else f"use one of {', '.join(features)}",
    )


def _check_change(rule: Metamorphic, column: Column, key: str) -> None:
    for name, number_, none in (("add", rule.add, 0.0), ("multiply", rule.multiply, 1.0)):
        if number_ is None:
            continue
        if column.type not in NUMERIC:
            raise PolicyError(
                f"{key} is {column.name}, which is {column.rule()}, and `{name}` needs a number.",
                next_step="use set_to or swap",
            )
        if number_ == none or (name == "add" and column.type == "integer" and number_ % 1):
            raise PolicyError(
                f"{key} is {column.name}, which is {column.rule()}, and `{name}` of {number_:g} gives no other such "
                "value.",
                next_step=f"choose another number for {name}",
            )
    values = {"set_to": [rule.set_to] if rule.set_to is not None else [], "swap": list(rule.swap or ())}
    for name, given in values.items():
        for value in given:
            if _value(column, value) is None:
                close = difflib.get_close_matches(as_label(value), column.categories, n=3, cutoff=0.5)
                raise PolicyError(
                    f"{key} is {column.name}, which must be {column.rule()}, and `{name}` gives it another value.",
                    value=value,
                    next_step=f"use {' or '.join(close)}"
                    if close
                    else "use a value that the contract allows",
                )
    if rule.swap is not None and _value(column, rule.swap[0]) == _value(column, rule.swap[1]):
        raise PolicyError(f"{key} is {column.name}, and `swap` gives one value twice.", next_step="give two")


def _value(column: Column, value: Value | None) -> Value | None:
    """Return a value as the column holds it, None where the contract does not allow it."""
    if value is None:
        return None
    if column.type == "boolean":
        return value if isinstance(value, bool) else None
    if column.type not in NUMERIC:
        label = as_label(value)
        return label if not column.categories or label in column.categories else None
    if isinstance(value, bool | str) or (column.type == "integer" and value % 1):
        return None
    low = column.minimum is None or value >= column.minimum
    high = column.maximum is None or value <= column.maximum
    if not (low and high):
        return None
    return int(value) if column.type == "integer" else float(value)
