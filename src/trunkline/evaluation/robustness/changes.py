"""Changes: what a metamorphic test does to a feature, and whether the contract allows it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from trunkline.core.contract import Column, as_label
from trunkline.core.errors import PolicyError, instead
from trunkline.core.policy.gates import Metamorphic
from trunkline.inputs import input_of
from trunkline.measure.paired import Array


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
    held = input_of(column)
    for name, amount in (("add", rule.add), ("multiply", rule.multiply)):
        if amount is None:
            continue
        if not held.quantity:
            raise PolicyError(
                f"{key} is {column.name}, which is {held.rule()}, and `{name}` needs a number.",
                next_step="use set_to or swap",
            )
        if name == "add" and held.whole and amount % 1:
            raise PolicyError(
                f"{key} is {column.name}, which is {held.rule()}, and `{name}` of {amount:g} "
                "gives no other such value.",
                next_step=f"choose another number for {name}",
            )
    values = {"set_to": [rule.set_to] if rule.set_to is not None else [], "swap": list(rule.swap or ())}
    for name, given in values.items():
        for value in given:
            if held.named(value) is None:
                raise PolicyError(
                    f"{key} is {column.name}, which must be {held.rule()}, and `{name}` gives it another value.",
                    value=value,
                    next_step=instead(as_label(value), column.categories or [held.rule()]),
                )


def changed(values: pd.Series, column: Column, rule: Metamorphic) -> Change:
    """Return a feature's values under the change; a null that is added to or swapped stays null, and unmoved."""
    held = input_of(column)
    null = values.isna().to_numpy(dtype=bool)
    outside = np.zeros(len(values), dtype=bool)
    if rule.add is not None or rule.multiply is not None:
        before = values.to_numpy(dtype=np.float64, na_value=np.nan)
        after = before + rule.add if rule.add is not None else before * (rule.multiply or 0.0)
        low = -np.inf if column.minimum is None else column.minimum
        high = np.inf if column.maximum is None else column.maximum
        whole = after == np.rint(after) if held.whole else np.full(len(values), True)
        outside = ~null & ~((after >= low) & (after <= high) & whole)
        moved = ~null & ~outside & (after != before)
        after = np.where(moved, after, 0.0)
        kept = after.astype(np.int64) if held.whole else after
        return Change(pd.Series(kept, index=values.index), moved, outside)
    plain = values.astype(object).where(~null, None)
    if rule.swap is not None:
        one, two = (held.named(value) for value in rule.swap)
        is_one, is_two = ((plain == value).to_numpy(dtype=bool) for value in (one, two))
        swapped = plain.mask(is_one, two).mask(is_two, one)
        return Change(swapped.infer_objects(), is_one | is_two, outside)
    value = held.named(rule.set_to)
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
