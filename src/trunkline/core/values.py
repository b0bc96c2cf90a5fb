"""Values: whether a value keeps its column's rule. The only check of outcomes, times and cells of files."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from .contract import Column
from .times import instant, read_time

EXACT = 2**53
"""Floats tell all whole numbers up to here apart."""
LARGEST_INT64 = 2**63 - 1
WHOLE = re.compile(r"-?(0|[1-9]\d*)(\.0*)?", re.ASCII)
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
BOOLEANS = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}
"""How files write booleans; in lower case."""

Value = bool | int | float | str


def check_value(value: object, column: Column) -> Value | None:
    """Return a value that has a type already, as in JSON, in the column's own type; None where it may be null.

    Three things are converted: 3.0 to the whole number 3, a whole number to the same float, and the words `true` and
    `false` to a boolean. Times are returned as `read_time` writes them. Raises ValueError with the reason.
    """
    if value is None:
        if column.nullable:
            return None
        raise ValueError("null is not allowed")
    return _READERS["integer" if column.coded else column.type](value, column)


def parse_cell(text: str, column: Column) -> Value:
    """Return the value of a text, such as a cell of a CSV file, in the column's type; its range is not checked.

    Raises ValueError where something would be lost or guessed: `00123` is not a whole number, `3.0` is.
    """
    if column.type == "integer" or column.coded:
        if not WHOLE.fullmatch(text):
            raise ValueError("write a whole number without leading zeros")
        return int(text.partition(".")[0])
    if column.type == "number":
        if not NUMBER.fullmatch(text):
            raise ValueError("write a number")
        return float(text)
    if column.type == "boolean":
        if text.lower() not in BOOLEANS:
            raise ValueError("write true or false")
        return BOOLEANS[text.lower()]
    return text


def _whole(value: object, column: Column) -> int:
    if isinstance(value, float) and value.is_integer() and abs(value) <= EXACT:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(_unquoted(value) or "it is not a whole number")
    if not -LARGEST_INT64 <= value <= LARGEST_INT64:
        raise ValueError("it does not fit 64 bits")
    if column.coded and str(value) not in column.categories:
        raise ValueError("it is not one of them")
    _in_range(value, column)
    return value


def _number(value: object, column: Column) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(_unquoted(value) or "it is not a number")
    try:
        number = float(value)
    except OverflowError as error:
        raise ValueError("it is too large") from error
    if not math.isfinite(number):
        raise ValueError("it is not finite")
    if isinstance(value, int) and int(number) != value:
        raise ValueError("it has more digits than a number keeps")
    _in_range(number, column)
    return number


def _boolean(value: object, column: Column) -> bool:  # noqa: ARG001
    if isinstance(value, str) and value in ("true", "false"):
        return value == "true"
    if not isinstance(value, bool):
        raise ValueError("it is neither true nor false")
    return value


def text_fault(text: str, column: Column) -> str:
    """Return why a text breaks the column's length or its patterns; empty where it keeps them."""
    least, most = column.shortest, column.longest
    if (least is not None and len(text) < least) or (most is not None and len(text) > most):
        return f"it has {len(text):,} characters"
    return "" if all(re.search(pattern, text) for pattern in column.patterns) else "it does not match"


def _category(value: object, column: Column) -> str:
    text = _text(value, column)
    if column.categories and text not in column.categories:
        raise ValueError("it is not one of them")
    return text


def _text(value: object, column: Column) -> str:
    if not isinstance(value, str):
        raise ValueError("it is not a text: write it in quotes")
    if fault := text_fault(value, column):
        raise ValueError(fault)
    return value


def _time(value: object, column: Column) -> str:
    text = read_time(_text(value, column))
    if column.minimum is not None or column.maximum is not None:
        _in_range(instant(text).timestamp(), column)
    return text


def _in_range(value: float, column: Column) -> None:
    if column.minimum is not None and value < column.minimum:
        raise ValueError("it is too small" if column.type != "time" else "it is too early")
    if column.maximum is not None and value > column.maximum:
        raise ValueError("it is too large" if column.type != "time" else "it is too late")


def _unquoted(value: object) -> str:
    return "write it without quotes" if isinstance(value, str) and NUMBER.fullmatch(value) else ""


_READERS: dict[str, Callable[[object, Column], Value]] = {
    "integer": _whole,
    "number": _number,
    "boolean": _boolean,
    "category": _category,
    "text": _text,
    "time": _time,
}
