"""Reads columns exactly: a value of another type is converted without loss, or marked as wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionDtype

from trunkline.core.contract import Column
from trunkline.inputs import Stored, input_of
from trunkline.inputs.integer import EXACT


def dtype_of(column: Column) -> ExtensionDtype | np.dtype[Any]:
    """Return the pandas type of a column; times are texts, written as in `core.times`."""
    match input_of(column).stored:
        case "int64":
            return pd.Int64Dtype() if column.nullable else np.dtype("int64")
        case "bool":
            return pd.BooleanDtype() if column.nullable else np.dtype("bool")
        case "float64":
            return np.dtype("float64")
    return pd.StringDtype(na_value=np.nan)


def read_column(values: pd.Series, column: Column) -> tuple[pd.Series, pd.Series]:
    """Return a column in its own type, with null for null and wrong values, and which of its rows are wrong.

    Whole numbers, numbers and booleans are converted to each other, and texts to them, where nothing is lost. `True`,
    `1.0` and `"1"` are the whole number 1; `1.5`, `"00123"` and floats beyond 2**53 are wrong. A text must be a text:
    pandas reads the code 10001 as `10001.0` and 00123 as 123, and nobody can see that afterwards. Ranges and
    categories are not checked. Only codes, and whole numbers in a category of texts, must be one of the categories.
    The type is nullable where a row is null.
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(object)
    null = values.isna()
    held = input_of(column)
    if held.plain and (quick := _quick(values, null, held.stored)) is not None:
        return quick
    known: dict[tuple[type, object], Any] = {}
    found: list[Any] = []
    wrong: list[bool] = []
    for value, gone in zip(values.astype(object).tolist(), null.tolist(), strict=True):
        if gone:
            found.append(None)
            wrong.append(False)
            continue
        plain = (
            value.item() if isinstance(value, np.generic) and not isinstance(value, np.datetime64) else value
        )
        try:
            key = (type(plain), plain)
            if key not in known:
                known[key] = held.exact(plain)
            read = known[key]
        except TypeError:  # a list has no hash
            read = None
        found.append(read)
        wrong.append(read is None)
    return _as_dtype(found, values.index, column), pd.Series(wrong, index=values.index, dtype=bool)


def _quick(values: pd.Series, null: pd.Series, stored: Stored) -> tuple[pd.Series, pd.Series] | None:
    """Return what `read_column` returns where the column has the right type already; None for other columns."""
    types = pd.api.types
    none_wrong = pd.Series(False, index=values.index)
    whole = types.is_integer_dtype(values.dtype) and not types.is_unsigned_integer_dtype(values.dtype)
    match stored:
        case "str":
            textual = isinstance(values.dtype, pd.StringDtype) or (
                values.dtype == object and types.infer_dtype(values, skipna=True) in ("string", "empty")
            )
            if textual:
                return values.astype(pd.StringDtype(na_value=np.nan)), none_wrong
        case "float64" if types.is_float_dtype(values.dtype):
            numbers = values.to_numpy("float64", na_value=np.nan)
            wrong = pd.Series(np.isinf(numbers), index=values.index)
            return pd.Series(numbers, index=values.index).mask(wrong), wrong
        case "float64" if whole and not null.any() and (not len(values) or int(values.abs().max()) <= EXACT):
            return values.astype("float64"), none_wrong
        case "bool" if types.is_bool_dtype(values.dtype) and values.dtype != object:
            return values.astype("boolean" if null.any() else "bool"), none_wrong
        case "int64" if whole:
            return values.astype("Int64" if null.any() else "int64"), none_wrong
    return None


def _as_dtype(found: list[Any], index: pd.Index, column: Column) -> pd.Series:
    kept = dtype_of(column)
    gaps = any(value is None for value in found)
    match input_of(column).stored:
        case "int64":
            return pd.Series(found, index=index, dtype="Int64" if gaps else "int64")
        case "bool":
            return pd.Series(found, index=index, dtype="boolean" if gaps else "bool")
        case "float64":
            found = [np.nan if value is None else value for value in found]
    return pd.Series(found, index=index, dtype=kept)
