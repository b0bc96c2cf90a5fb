"""Readings: how load() makes times and numbers of cells that pandas leaves as they are written."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pandas as pd

from trunkline.core.errors import DataError

COLUMN = "COLUMN"
"""What stands for the column in the line of Python."""
CLOCK = {"": "", r" \d{1,2}:\d{2}": " %H:%M", r" \d{1,2}:\d{2}:\d{2}": " %H:%M:%S"}
TWELVE = {r" \d{1,2}:\d{2} [AP]M": " %I:%M %p", r" \d{1,2}:\d{2}:\d{2} [AP]M": " %I:%M:%S %p"}
DAYS = {
    r"\d{4}/\d{1,2}/\d{1,2}": ("%Y/%m/%d",),
    r"\d{1,2}\.\d{1,2}\.\d{4}": ("%d.%m.%Y",),
    r"\d{1,2}/\d{1,2}/\d{4}": ("%d/%m/%Y", "%m/%d/%Y"),
    r"\d{1,2}-\d{1,2}-\d{4}": ("%d-%m-%Y", "%m-%d-%Y"),
    r"\d{1,2}-[A-Z][a-z]{2}-\d{4}": ("%d-%b-%Y",),
}
"""How days are written, with the ways to read each: the day first, then the month first."""
ISO = r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?"
MARK = "[$€£¥₹%]|EUR|USD|GBP|CHF|JPY|CNY|INR|CAD|AUD|SEK|NOK|DKK|PLN|CZK|BRL"
AMOUNT = rf"([+-]?)({MARK})?\s?([+-]?)(\d[\d.,'\s]*?)\s?({MARK})?"
"""A number as it is written for people: sign, mark, sign, digits, mark."""
POINT = r"(?!0\d)(\d{1,3}([,'\s]\d{3})+|\d+)(\.\d+)?"
COMMA = r"(?!0\d)(\d{1,3}([.\s]\d{3})+|\d+)(,\d+)?"
"""Digits with a decimal point, or a decimal comma, and with what may stand between thousands."""


@dataclass(frozen=True)
class Reading:
    """How a column is read, and what it then holds."""

    code: str
    """An expression of Python, in which COLUMN stands for the column."""
    values: pd.Series[Any]


def reading_of(name: str, known: pd.Series[Any], *, day_first: bool | None = None) -> Reading | None:
    """Return how cells that are no nulls are read as times or numbers; None where they stay what they are.

    Raises DataError for days that can be read in two ways, unless `day_first` says which.
    """
    if pd.api.types.is_timedelta64_dtype(known):
        return Reading(f"{COLUMN}.dt.total_seconds()", known.dt.total_seconds())
    if pd.api.types.is_numeric_dtype(known) or pd.api.types.is_datetime64_any_dtype(known):
        return None
    kinds = {type(value) for value in known}
    if kinds == {Decimal}:
        return Reading(f'{COLUMN}.astype("float64")', known.astype("float64"))
    if kinds <= {dt.date, dt.datetime, pd.Timestamp}:
        return Reading(f"pd.to_datetime({COLUMN})", pd.to_datetime(known))
    if kinds != {str}:
        return None
    return _time(name, known, day_first=day_first) or _amount(known)


def _time(name: str, known: pd.Series[Any], *, day_first: bool | None) -> Reading | None:
    if known.str.fullmatch(ISO).all():
        zones = known.str.extract(r"\d([+-]\d{2}:?\d{2}|Z)$")[0]
        options: dict[str, object] = {"format": "ISO8601"} | (
            {"utc": True} if zones.nunique(dropna=False) > 1 else {}
        )
        return _read(known, options)
    first = str(known.iloc[0])
    for day, ways in DAYS.items():
        for clock, hours in (CLOCK | TWELVE).items():
            if not re.fullmatch(day + clock, first) or not known.str.fullmatch(day + clock).all():
                continue
            fitting = [
                way
                for way in ways
                if not pd.to_datetime(known, format=way + hours, errors="coerce").isna().any()
            ]
            if len(fitting) > 1 and day_first is None:
                raise DataError(
                    f"The column {name} holds dates that can be read in two ways: is the day or the month first?",
                    value=first,
                    next_step="say --day-first or --month-first",
                )
            chosen = fitting[1:] if day_first is False and len(fitting) > 1 else fitting
            return _read(known, {"format": chosen[0] + hours}) if chosen else None
    return None


def _read(known: pd.Series[Any], options: dict[str, object]) -> Reading | None:
    given: Any = options
    try:
        values = pd.to_datetime(known, **given)
    except ValueError:  # the thirtieth of February
        return None
    words = "".join(f", {key}={value!r}".replace("'", '"') for key, value in options.items())
    return Reading(f"pd.to_datetime({COLUMN}{words})", values)


def _amount(known: pd.Series[Any]) -> Reading | None:
    """Return how amounts are read that are written for people: $1,234.50, 1.234,50 €, 12 %."""
    parts = known.str.strip().str.extract(f"^{AMOUNT}$")
    digits = parts[3]
    if digits.isna().any() or (parts[0].fillna("") + parts[2].fillna("")).str.len().gt(1).any():
        return None
    marks = parts[[1, 4]].fillna("").drop_duplicates()
    mark = "".join(marks.iloc[0])
    if len(marks) > 1 or not (mark or digits.str.contains(r"\D").any()):
        return None
    point, comma = (bool(digits.str.fullmatch(form).all()) for form in (POINT, COMMA))
    if point and comma and mark and mark != "%":
        # Always three digits behind it: in an amount of money that mark stands between thousands.
        point, comma = (not bool(digits.str.contains(other, regex=False).any()) for other in (".", ","))
    if point == comma and digits.str.contains("[.,]").any():
        return None
    decimal = "." if point else ","
    written = set("".join(known)) - {*"0123456789+-", decimal}
    removed = "".join(sorted(written))
    code = f'{COLUMN}.str.replace(r"[{removed}]", "", regex=True)' if removed else COLUMN
    values = known.str.replace(f"[{removed}]", "", regex=True) if removed else known
    if decimal == ",":
        code, values = f'{code}.str.replace(",", ".")', values.str.replace(",", ".")
    return Reading(f"pd.to_numeric({code})", pd.to_numeric(values))
