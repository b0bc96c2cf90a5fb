"""Reads columns exactly: a value of another type is converted without loss, or marked as wrong."""

from __future__ import annotations

import math
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.extensions import ExtensionDtype

from trunkline.core.contract import Column
from trunkline.core.times import read_time, time_text
from trunkline.core.values import EXACT, LARGEST_INT64, parse_cell


def dtype_of(column: Column) -> ExtensionDtype | np.dtype[Any]:
    """Return the pandas type of a column; times are texts, written as in `core.times`."""
    if column.type == "integer" or column.coded:
        return pd.Int64Dtype() if column.nullable else np.dtype("int64")
    if column.type == "boolean":
        return pd.BooleanDtype() if column.nullable else np.dtype("bool")
    return np.dtype("float64") if column.type == "number" else pd.StringDtype(na_value=np.nan)


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
    quick = _quick(values, null, column)
    if quick is not None:
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
                known[key] = _exact(plain, column)
            read = known[key]
        except TypeError:  # a list has no hash
            read = None
        found.append(read)
        wrong.append(read is None)
    return _as_dtype(found, values.index, column), pd.Series(wrong, index=values.index, dtype=bool)


def _quick(values: pd.Series, null: pd.Series, column: Column) -> tuple[pd.Series, pd.Series] | None:
    """Return what `read_column` returns where the column has the right type already; None for other columns."""
    kept = dtype_of(column)
    types = pd.api.types
    none_wrong = pd.Series(False, index=values.index)
    if isinstance(kept, pd.StringDtype):
        textual = isinstance(values.dtype, pd.StringDtype) or (
            values.dtype == object and types.infer_dtype(values, skipna=True) in ("string", "empty")
        )
        if textual and column.type != "time":
            return values.astype(kept), none_wrong
        return None
    whole = types.is_integer_dtype(values.dtype) and not types.is_unsigned_integer_dtype(values.dtype)
    if column.type == "number":
        if types.is_float_dtype(values.dtype):
            numbers = values.to_numpy("float64", na_value=np.nan)
            wrong = pd.Series(np.isinf(numbers), index=values.index)
            return pd.Series(numbers, index=values.index).mask(wrong), wrong
        if whole and not null.any() and (not len(values) or int(values.abs().max()) <= EXACT):
            return values.astype("float64"), none_wrong
    elif column.type == "boolean":
        if types.is_bool_dtype(values.dtype) and values.dtype != object:
            return values.astype("boolean" if null.any() else "bool"), none_wrong
    elif whole and not column.coded:
        return values.astype("Int64" if null.any() else "int64"), none_wrong
    return None


def _exact(value: object, column: Column) -> object:
    """Return a value in the column's type; None where the conversion would lose something."""
    if column.type in ("text", "category") and not column.coded:
        if isinstance(value, str):
            return value
        whole = isinstance(value, int) and not isinstance(value, bool)
        return str(value) if whole and str(value) in column.categories else None
    if column.type == "time":
        return _time(value)
    if isinstance(value, str):
        try:
            value = parse_cell(value, column)
        except ValueError:
            return None
    if isinstance(value, Decimal) and value.is_finite():
        value = int(value) if value == value.to_integral_value() else float(value)
    if not isinstance(value, bool | int | float):
        return None
    if column.type == "boolean":
        return bool(value) if value in (0, 1) else None
    if column.type == "number":
        return float(value) if _fits_float(value) else None
    return _whole(value, column)


def _whole(value: float, column: Column) -> int | None:
    if isinstance(value, float) and (not value.is_integer() or abs(value) > EXACT):
        return None
    number = int(value)
    if abs(number) > LARGEST_INT64 or (column.coded and str(number) not in column.categories):
        return None
    return number


def _fits_float(value: float) -> bool:
    try:
        return math.isfinite(value) and int(float(value)) == int(value)
    except OverflowError:
        return False


def _time(value: object) -> str | None:
    try:
        if isinstance(value, pd.Timestamp):
            return None if value.nanosecond else time_text(value.to_pydatetime())
        if isinstance(value, np.datetime64):
            return _time(pd.Timestamp(value))
        if isinstance(value, datetime):
            return time_text(value)
        if isinstance(value, date):
            return value.isoformat()
        return read_time(value) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None


def _as_dtype(found: list[Any], index: pd.Index, column: Column) -> pd.Series:
    kept = dtype_of(column)
    if isinstance(kept, pd.StringDtype):
        return pd.Series(found, index=index, dtype=kept)
    if column.type == "number":
        return pd.Series(
            [np.nan if value is None else value for value in found], index=index, dtype="float64"
        )
    gaps = any(value is None for value in found)
    if column.type == "boolean":
        return pd.Series(found, index=index, dtype="boolean" if gaps else "bool")
    return pd.Series(found, index=index, dtype="Int64" if gaps else "int64")
