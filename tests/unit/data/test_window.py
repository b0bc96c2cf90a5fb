from __future__ import annotations

import pandas as pd
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import DataError, PolicyError
from trunkline.core.snapshots import Window
from trunkline.data import check_window, require_rows


def contract_of(kind: str) -> Contract:
    time = Column.model_validate({"name": "when", "type": kind, "role": "time"})
    outcome = Column(name="y", type="number", role=Role.OUTCOME)
    return Contract(name="m", columns=(time, Column(name="x", type="number"), outcome))


@pytest.mark.parametrize("end", ["March", "2026-13-01", "2026-02-30", "yesterday", "20"])
def test_an_end_that_is_no_time_is_named_with_its_key(end: str) -> None:
    with pytest.raises(PolicyError, match=r"data\.window\.last is no time") as caught:
        check_window(Window(last=end), contract_of("text"))
    assert caught.value.value == end


@pytest.mark.parametrize(
    "end", ["2024", "2024-05", "2024-05-31", "2024-05-31T10:00:00", "2024-05-31T10:00:00+02:00"]
)
def test_a_year_a_month_a_day_and_a_time_are_ends(end: str) -> None:
    check_window(Window(first=end, last=None), contract_of("text"))


def test_the_ends_of_numbers_are_numbers() -> None:
    check_window(Window(first="1999", last=2001), contract_of("integer"))
    with pytest.raises(PolicyError, match=r"data\.window\.first is not a number"):
        check_window(Window(first="2024-05"), contract_of("integer"))


@pytest.mark.parametrize(("kind", "first", "last"), [("integer", 9, 3), ("text", "2024-05", "2023")])
def test_a_window_the_wrong_way_round_is_refused(kind: str, first: int | str, last: int | str) -> None:
    with pytest.raises(PolicyError, match="no time lies there"):
        check_window(Window(first=first, last=last), contract_of(kind))


@pytest.mark.parametrize(
    ("first", "last"), [("2024-05", "2024"), ("2024-05-31T10:00:00", "2024-05-31"), (1999.0, "2024")]
)
def test_the_last_end_stands_for_its_whole_period(first: float | str, last: str) -> None:
    check_window(Window(first=first, last=last), contract_of("text"))


def test_an_end_that_a_snapshot_could_not_compare_is_refused_at_once() -> None:
    with pytest.raises(PolicyError, match=r"data\.window\.first"):
        check_window(Window(first="20240531"), contract_of("text"))


def test_a_window_that_takes_no_row_says_where_the_rows_are() -> None:
    rows = pd.DataFrame({"when": [1997, 2002]})
    with pytest.raises(DataError, match="when goes from 1997 to 2002"):
        require_rows(rows.iloc[:0], rows, contract_of("integer"), Window(first=2010))
    require_rows(rows, rows, contract_of("integer"), Window())
