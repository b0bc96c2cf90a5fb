"""Cells as people write them are read as the times and numbers that they are, or as nothing else."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trunkline.core.errors import DataError
from trunkline.data.drafts import observe
from trunkline.data.drafts.readings import COLUMN, reading_of


def read(values: list[object], *, day_first: bool | None = None) -> list[object] | None:
    """Return what the line of Python makes of the cells."""
    column = pd.Series(values)
    reading = reading_of("z", column.dropna(), day_first=day_first)
    if reading is None:
        return None
    made: pd.Series[Any] = eval(reading.code.replace(COLUMN, "column"), {"pd": pd, "column": column})  # noqa: S307
    assert made.dropna().tolist() == reading.values.tolist()
    return made.tolist()


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["$1,234.50", "$7"], [1234.5, 7]),
        (["-$5", "$1,000"], [-5, 1000]),
        (["1.234,50 €", "7,00 €"], [1234.5, 7]),
        (["€ 1.234", "€ 12"], [1234, 12]),
        (["EUR 3", "EUR 4.5"], [3, 4.5]),
        (["12%", "3.5%"], [12, 3.5]),
        (["1,234.5", "7"], [1234.5, 7]),
        (["1.234.567", "7,5"], [1234567, 7.5]),
        (["12 345", "7"], [12345, 7]),
        (["1'234.5", "7"], [1234.5, 7]),
        ([Decimal("1.25"), Decimal("3")], [1.25, 3]),
        ([pd.Timedelta(minutes=2), pd.Timedelta(seconds=1)], [120, 1]),
    ],
)
def test_amounts(cells: list[object], numbers: list[float]) -> None:
    assert read(cells) == numbers


@pytest.mark.parametrize(
    "cells",
    [
        ["1,234", "5,678"],  # a thousand, or one and a bit
        ["1.234%", "5.678%"],
        ["$1", "€2"],
        ["SKU123", "SKU124"],
        ["007", "008"],
        ["$1,234", "$1.234"],
        ["1.2.3", "1.2.4"],
        ["$1", "free"],
        ["red", "blue"],
        ["30.02.2024", "31.02.2024"],
        ["+-5", "6"],
        [1.5, 2.5],
        [True, False],
    ],
)
def test_what_may_be_something_else_stays_as_it_is(cells: list[object]) -> None:
    assert read(cells) is None


@pytest.mark.parametrize(
    ("cell", "time"),
    [
        ("2024-05-31", "2024-05-31"),
        ("2024-05-31T14:30:05.5", "2024-05-31T14:30:05.5"),
        ("31.05.2024 14:30:05", "2024-05-31T14:30:05"),
        ("05/31/2024 02:30 PM", "2024-05-31T14:30"),
        ("5/31/2024 2:30:05 PM", "2024-05-31T14:30:05"),
        ("31-May-2024", "2024-05-31"),
        ("31-05-2024", "2024-05-31"),
        (dt.date(2024, 5, 31), "2024-05-31"),
    ],
)
def test_times(cell: object, time: str) -> None:
    assert read([cell, cell]) == [pd.Timestamp(time)] * 2


def test_times_of_several_zones_become_those_of_one() -> None:
    assert read(["2024-03-30T12:00:00+01:00", "2024-03-31T12:00:00+02:00"]) == [
        pd.Timestamp("2024-03-30T11:00Z"),
        pd.Timestamp("2024-03-31T10:00Z"),
    ]


def test_whether_day_or_month_comes_first_is_asked() -> None:
    with pytest.raises(DataError, match="two ways"):
        read(["01/02/2024"])
    assert read(["01/02/2024"], day_first=True) == [pd.Timestamp("2024-02-01")]
    assert read(["01/02/2024"], day_first=False) == [pd.Timestamp("2024-01-02")]
    assert read(["31/01/2024", "01/02/2024"]) == [pd.Timestamp("2024-01-31"), pd.Timestamp("2024-02-01")]
    assert read(["31/01/2024"], day_first=False) == [pd.Timestamp("2024-01-31")]


def test_infinite_numbers_are_refused() -> None:
    with pytest.raises(DataError, match="infinite"):
        observe(pd.DataFrame({"z": [1.0, np.inf, 2.0]}))


def test_texts_between_numbers_are_named() -> None:
    (found,) = observe(pd.DataFrame({"z": ["1", "2", "3", "Total"]}))
    assert found.strays == ("Total",)
