"""Observed: what a column of a file holds, before anybody says what it is for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

from trunkline.core.errors import DataError

from .readings import reading_of


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
NUMBERED = 0.5
"""Share of the cells that are numbers, above which the others look like a mistake."""


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
    """How load() makes times or numbers of the cells, as Python; see `readings`."""
    strays: tuple[str, ...] = ()
    """The texts, where most cells are numbers."""

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


def observe(frame: pd.DataFrame, *, day_first: bool | None = None) -> tuple[Observed, ...]:
    """Return what each column of a frame holds.

    Raises DataError for a column whose cells are no single values, for infinite numbers, and for dates that can be
    read in two ways unless `day_first` says which.
    """
    return tuple(_column(str(name), frame[name], day_first) for name in frame)


def _column(name: str, column: pd.Series[Any], day_first: bool | None) -> Observed:
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
    reading = reading_of(name, known, day_first=day_first)
    code = reading.code if reading else ""
    known = reading.values if reading else known
    if pd.api.types.is_datetime64_any_dtype(known):
        return Observed(name, Holds.TIMES, rows, missing, distinct, reading=code)
    if pd.api.types.is_numeric_dtype(known):
        return replace(_number(name, known, rows, missing, distinct), reading=code)
    return _text(name, known.astype(str), rows, missing, distinct)


def _number(name: str, known: pd.Series[Any], rows: int, missing: int, distinct: int) -> Observed:
    if not np.isfinite(known.astype("float64")).all():
        raise DataError(
            f"The column {name} holds infinite numbers.",
            next_step="write those cells as empty, then call init again",
        )
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
        strays=_strays(known),
    )


def _strays(known: pd.Series[Any]) -> tuple[str, ...]:
    """Return the texts that keep a column from being numbers, where they are few."""
    texts = known[pd.to_numeric(known, errors="coerce").isna()]
    return tuple(texts.unique()[:3]) if 0 < len(texts) < NUMBERED * len(known) else ()
