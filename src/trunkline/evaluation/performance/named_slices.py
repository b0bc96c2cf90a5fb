"""Named slices: parts of the test rows that the policy gives floors of their own."""

from __future__ import annotations

import numpy as np
import pandas as pd

from trunkline.core.contract import Column, Contract, as_label
from trunkline.core.errors import PolicyError, instead
from trunkline.core.policy.gates import NamedSlice, PerformanceGates, Value
from trunkline.inputs import input_of
from trunkline.measure.paired import Array

_KEY = "gates.performance.slices"


def check_slices(rules: PerformanceGates, contract: Contract) -> None:
    """Check that the contract has the columns and values by which the policy names slices.

    Raises PolicyError naming the key and close matches.
    """
    for position, part in enumerate(rules.slices):
        for name, wanted in part.where.items():
            key = f"{_KEY}.{position}.where.{name}"
            column = _column(key, name, contract)
            for value in _listed(wanted):
                _check_value(key, value, column)
        for name in part.between:
            key = f"{_KEY}.{position}.between.{name}"
            column = _column(key, name, contract)
            if not input_of(column).quantity:
                raise PolicyError(
                    f"{key} needs a number, and {name} is {input_of(column).rule()}.",
                    next_step=f"say it as {_KEY}.{position}.where.{name}",
                )


def require_sliced(frame: pd.DataFrame, rules: PerformanceGates, contract: Contract) -> None:
    """Raise PolicyError for a slice, known to `check_slices`, in which none of the rows lies."""
    for position, part in enumerate(rules.slices):
        if len(frame) and not rows_of(frame, part, contract).any():
            raise PolicyError(
                f"{_KEY}.{position}: none of {len(frame):,} rows lies in the slice {part.name}.",
                value=part.where or part.between,
                next_step="correct the slice, or take it out",
            )


def rows_of(frame: pd.DataFrame, part: NamedSlice, contract: Contract) -> Array:
    """Return the mask, of shape (n,), of the rows in a slice that `check_slices` knows; null is in none."""
    mask = np.ones(len(frame), dtype=bool)
    for name, wanted in part.where.items():
        mask &= _is_one_of(frame[name], _listed(wanted), contract.column(name))
    for name, (least, greatest) in part.between.items():
        values = np.asarray(pd.to_numeric(frame[name]), dtype=np.float64)
        mask &= values >= (-np.inf if least is None else least)
        mask &= values <= (np.inf if greatest is None else greatest)
    return mask


def _is_one_of(values: pd.Series, wanted: tuple[Value, ...], column: Column) -> Array:
    known = np.asarray(values.notna(), dtype=bool)
    if input_of(column).quantity:
        return np.isin(
            np.asarray(pd.to_numeric(values), dtype=np.float64), np.array(wanted, dtype=np.float64)
        )
    texts = np.array([as_label(value) for value in values.astype(object)], dtype=object)
    return known & np.isin(texts, np.array([as_label(value) for value in wanted], dtype=object))


def _column(key: str, name: str, contract: Contract) -> Column:
    names = [column.name for column in contract.columns]
    if name not in names:
        raise PolicyError(
            f"{key} names the column {name}, and the contract has none of that name.",
            next_step=instead(name, names),
        )
    return contract.column(name)


def _check_value(key: str, value: Value, column: Column) -> None:
    held = input_of(column)
    if held.named(value) is not None:
        return
    step = f"use {held.rule()}"
    if isinstance(value, bool) and held.textual:
        step = 'write "Yes" and "No" in quotes: without them YAML reads true and false'
    elif column.categories:
        step = instead(str(value), column.categories)
    raise PolicyError(
        f"{key} asks for {as_label(value)}, and {column.name} is {held.rule()}.", next_step=step
    )


def _listed(wanted: Value | tuple[Value, ...]) -> tuple[Value, ...]:
    return wanted if isinstance(wanted, tuple) else (wanted,)
