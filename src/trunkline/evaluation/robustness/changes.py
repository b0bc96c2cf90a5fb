"""Changes: what a metamorphic test does to a feature, and whether the contract allows it."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

import numpy as np
import pandas as pd

from trunkline.core.contract import Column, as_label
from trunkline.core.errors import PolicyError
from trunkline.core.policy.gates import Metamorphic, Value
from trunkline.inputs import input_of
from trunkline.measure.paired import Array

NUMERIC = ("integer", "number")


@dataclass(frozen=True)
class Change:
    """A feature's values after the change, and which rows it moved or would have taken out of the contract."""

    values: pd.Series
    moved: Array
    outside: Array


def check_change(rule: Metamorphic, column: Column, key: str) -> None:
    """Check that the contract allows a test's change of this column.

    Raises PolicyError that names `key`, and close matches of a value.
    """
    for name, amount in (("add", rule.add), ("multiply", rule.multiply)):
        if amount is None:
            continue
        if column.type not in NUMERIC:
            raise PolicyError(
                f"{key} is {column.name}, which is {input_of(column).rule()}, and `{name}` needs a number.",
                next_step="use set_to or swap",
            )
        if name == "add" and column.type == "integer" and amount % 1:
            raise PolicyError(
                f"{key} is {column.name}, which is {input_of(column).rule()}, and `{name}` of {amount:g} "
                "gives no other such value.",
                next_step=f"choose another number for {name}",
            )
    values = {"set_to": [rule.set_to] if rule.set_to is not None else [], "swap": list(rule.swap or ())}
    for name, given in values.items():
        for value in given:
            if _value(column, value) is None:
                close = difflib.get_close_matches(as_label(value), column.categories, n=3, cutoff=0.5)
                raise PolicyError(
                    f"{key} is {column.name}, which must be {input_of(column).rule()}, "
                    f"and `{name}` gives it another value.",
                    value=value,
                    next_step=f"use {' or '.join(close)}"
                    if close
                    else "use a value that the contract allows",
                )


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


def _value(column: Column, value: Value | None) -> Value | None:
    """Return a value as the column holds it, None where the contract does not allow it."""
    if value is None:
        return None
    if column.type == "boolean":
        return value if isinstance(value, bool) else None
    if column.type not in NUMERIC:
        label = as_label(value)
        if column.categories and label not in column.categories:
            return None
        return input_of(column).label(label)
    if isinstance(value, bool | str) or (column.type == "integer" and value % 1):
        return None
    low = column.minimum is None or value >= column.minimum
    high = column.maximum is None or value <= column.maximum
    if not (low and high):
        return None
    return int(value) if column.type == "integer" else float(value)
