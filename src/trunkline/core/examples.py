"""Examples: values that a column's rule allows, and values that it refuses."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from random import Random

from .contract import Column
from .times import stamp_text
from .values import text_fault

WIDEST = 1000
"""How far draws go where the contract leaves a number open at one end."""
NOON = 1_717_156_800.0
"""A time in seconds since 1970, where the contract names none."""
YEAR = 31_536_000.0
NULLS = 0.1
"""The share of nulls in draws of a column that may be null."""


def example(column: Column) -> object:
    """Return a value that keeps the column's rule, always the same."""
    if column.type == "category" and column.categories:
        return column.label(column.categories[0])
    if column.type == "time":
        ends = [end for end in (column.minimum, column.maximum, NOON) if end is not None]
        return f"{stamp_text(ends[0])}Z"
    if column.type == "boolean":
        return True
    if column.type in ("integer", "number"):
        least, most = column.minimum, column.maximum
        value = least if least is not None else min(0.0, most if most is not None else 0.0)
        if column.type == "number":
            return value
        return math.ceil(value) if least is not None else math.floor(value)
    return column.example or _text(column)


def _text(column: Column) -> str:
    least = max(len("text"), column.shortest or 0)
    length = least if column.longest is None else min(least, column.longest)
    return ("text" * (length // len("text") + 1))[:length]


def drawn(column: Column, random: Random, *, texts: Mapping[str, Sequence[str]] | None = None) -> object:
    """Return a drawn value that keeps the column's rule, null now and then where it may be.

    `texts` holds by column what a text may be: a rule cannot tell which texts a model can read.
    """
    if column.nullable and random.random() < NULLS:
        return None
    if known := (texts or {}).get(column.name):
        return random.choice(known)
    if column.type == "category" and column.categories:
        return column.label(random.choice(column.categories))
    if column.type == "time":
        low, high = _ends(column, NOON, YEAR)
        return f"{stamp_text(round(random.uniform(low, high), 3))}Z"
    if column.type == "boolean":
        return random.random() < 0.5
    if column.type not in ("integer", "number"):
        return example(column)
    low, high = _ends(column, 0.0, WIDEST)
    if column.type == "integer":
        return random.randint(math.ceil(low), math.floor(high))
    return random.uniform(low, high)


def _ends(column: Column, begin: float, wide: float) -> tuple[float, float]:
    low, high = column.minimum, column.maximum
    if low is None:
        low = min(begin, high - wide) if high is not None else begin
    return low, low + wide if high is None else high


def wrong(column: Column) -> tuple[object, ...]:
    """Return values that break the column's rule at every door; none where every text is right.

    Data may write a text as a number, so a number is not among them.
    """
    if column.type == "text":
        return tuple(text for text in ("neither of these", "") if text_fault(text, column))
    values: list[object] = ["neither of these"]
    for end, sign in ((column.minimum, -1), (column.maximum, 1)):
        if end is not None:
            beyond = end + sign * max(1.0, abs(end))
            whole = math.floor(beyond) if column.type == "integer" else beyond
            values.append(f"{stamp_text(beyond)}Z" if column.type == "time" else whole)
    return tuple(values)
