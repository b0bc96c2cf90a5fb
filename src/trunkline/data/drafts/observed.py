"""Observed: what a column of a file holds, before anybody says what it is for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pandas as pd

from trunkline.core.errors import DataError


class Holds(StrEnum):
    """What the cells of a column are."""

    NOTHING = "nothing"
    ONE_VALUE = "one value"
    TRUTHS = "true or false"
    WHOLE = "whole numbers"
    NUMBERS = "numbers"
    LIST = "values of a list"
    TEXTS = "texts"
    TIMES = "times"


LISTED, LISTED_MOST, LISTED_SHARE = 50, 200, 0.05
"""Distinct texts that are always a list; that may be one; the share of the rows below which they are."""
LONGEST_LISTED = 100
"""Characters of a text of a list."""
LONGEST_NAME = 64
"""Characters of a text that may name a row."""
FORMATS = {
    r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?": ("ISO8601",),
    r"\d{4}/\d{1,2}/\d{1,2}": ("%Y/%m/%d",),
    r"\d{1,2}\.\d{1,2}\.\d{4}": ("%d.%m.%Y",),
    r"\d{1,2}/\d{1,2}/\d{4}": ("%d/%m/%Y", "%m/%d/%Y"),
    r"\d{1,2}\.\d{1,2}\.\d{4} \d{1,2}:\d{2}": ("%d.%m.%Y %H:%M",),
    r"\d{1,2}/\d{1,2}/\d{4} \d{1,2}:\d{2}": ("%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"),
}
"""How dates are written, with the ways to read each."""


@dataclass(frozen=True)
class Observed:
    """One column of a file."""

    name: str
    holds: Holds
    rows: int
    missing: int
    distinct: int
    least: float | None = None
    most: float | None = None
    quartiles: tuple[float, ...] = ()
    values: tuple[str | int, ...] = ()
    """The distinct values, where they are few."""
    longest: int = 0
    """Characters of the longest text."""
    words: bool = False
    """Whether a text has blanks in it."""
    reading: str = ""
    """How pandas reads the times."""

    @property
    def unique(self) -> bool:
        """Whether each row has a value of its own."""
        return self.rows > 1 and not self.missing and self.distinct == self.rows

    @property
    def amounts(self) -> bool:
        """Whether it holds numbers of any kind."""
        return self.holds in (Holds.WHOLE, Holds.NUMBERS)

    @property
    def counts_rows(self) -> bool:
        """Whether it only numbers the rows."""
        return (
            self.unique
            and self.holds is Holds.WHOLE
            and (self.most or 0) - (self.least or 0) == self.rows - 1
        )

    @property
    def names_rows(self) -> bool:
        """Whether it could be the key: unique, no amount, and no words."""
        told = self.holds is Holds.WHOLE or (self.holds is Holds.TEXTS and not self.words)
        return self.unique and told and self.longest <= LONGEST_NAME


def observe(frame: pd.DataFrame) -> tuple[Observed, ...]:
    """Return what each column of a frame holds.

    Raises DataError for a column whose cells are no single values, and for dates that can be read in two ways.
    """
    return tuple(_column(str(name), frame[name]) for name in frame)


def _column(name: str, column: pd.Series[Any]) -> Observed:
    known = column.dropna()
    try:
        distinct = int(known.nunique())
    except TypeError as error:
        raise DataError(
            f"The column {name} holds lists or mappings, not single values.",
            value=known.iloc[0],
            next_step="write one column for each of their parts",
        ) from error
    rows, missing = len(column), int(column.isna().sum())
    if not distinct:
        return Observed(name, Holds.NOTHING, rows, missing, 0)
    if distinct == 1:
        return Observed(name, Holds.ONE_VALUE, rows, missing, 1, values=(str(known.iloc[0]),))
    if pd.api.types.is_bool_dtype(known) or all(isinstance(value, bool) for value in known.unique()):
        return Observed(name, Holds.TRUTHS, rows, missing, distinct, values=("false", "true"))
    if pd.api.types.is_datetime64_any_dtype(known):
        return Observed(name, Holds.TIMES, rows, missing, distinct)
    if pd.api.types.is_numeric_dtype(known):
        return _number(name, known, rows, missing, distinct)
    return _text(name, known.astype(str), rows, missing, distinct)


def _number(name: str, known: pd.Series[Any], rows: int, missing: int, distinct: int) -> Observed:
    whole = bool((known % 1 == 0).all())
    quartiles = tuple(float(value) for value in known.quantile([0.25, 0.5, 0.75]))
    values = tuple(sorted(int(value) for value in known.unique())) if whole and distinct <= LISTED else ()
    return Observed(
        name,
        Holds.WHOLE if whole else Holds.NUMBERS,
        rows,
        missing,
        distinct,
        least=float(known.min()),
        most=float(known.max()),
        quartiles=quartiles,
        values=values,
    )


def _text(name: str, known: pd.Series[Any], rows: int, missing: int, distinct: int) -> Observed:
    if reading := _reading(name, known):
        return Observed(name, Holds.TIMES, rows, missing, distinct, reading=reading)
    longest = int(known.str.len().max())
    few = distinct <= LISTED or (distinct <= LISTED_MOST and distinct < LISTED_SHARE * rows)
    listed = few and distinct < rows and longest <= LONGEST_LISTED
    values = tuple(sorted(known.unique())) if listed else ()
    return Observed(
        name,
        Holds.LIST if listed else Holds.TEXTS,
        rows,
        missing,
        distinct,
        values=values,
        longest=longest,
        words=bool(known.str.contains(r"\s").any()),
    )


def _reading(name: str, known: pd.Series[Any]) -> str:
    """Return how a column of dates is read, empty where it holds none."""
    first = str(known.iloc[0])
    for pattern, ways in FORMATS.items():
        if not re.fullmatch(pattern, first) or not known.str.fullmatch(pattern).all():
            continue
        fitting = [way for way in ways if not pd.to_datetime(known, format=way, errors="coerce").isna().any()]
        if len(fitting) > 1:
            raise DataError(
                f"The column {name} holds dates that can be read in two ways: is the day or the month first?",
                value=first,
                next_step="write them as 2024-05-31",
            )
        return fitting[0] if fitting else ""
    return ""
