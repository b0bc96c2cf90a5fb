from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import PolicyError
from trunkline.core.snapshots import Window
from trunkline.data import in_window
from trunkline.data.rows import typed
from trunkline.data.sources import newest


def timed(kind: str) -> Contract:
    time = Column.model_validate({"name": "when", "type": kind, "role": "time", "nullable": True})
    x = Column(name="x", type="integer")
    return Contract(name="t", columns=(time, x, Column(name="y", type="number", role=Role.OUTCOME)))


def rows_at(kind: str, times: list[object]) -> pd.DataFrame:
    frame = pd.DataFrame({"when": pd.Series(times, dtype=object), "x": range(len(times)), "y": 0.0})
    return typed(frame, timed(kind))


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (Window(), [2001, 1999, 2000, None]),
        (Window(first=2000), [2001, 2000]),
        (Window(last=2000), [1999, 2000]),
        (Window(first=2000, last=2000), [2000]),
        (Window(first="2000"), [2001, 2000]),
        (Window(first=1999.5, last=2000.5), [2000]),
    ],
)
def test_a_window_over_numbers_is_inclusive(window: Window, expected: list[int | None]) -> None:
    kept = in_window(rows_at("integer", [2001, 1999, 2000, None]), timed("integer"), window)
    assert [None if pd.isna(time) else time for time in kept["when"]] == expected


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (Window(first="2024-02"), ["2024-02-01", "2024-03-15T08:00"]),
        (Window(last="2024-02"), ["2024-01-31", "2024-02-01"]),
        (Window(first="2024-02-01", last="2024-03-15"), ["2024-02-01", "2024-03-15T08:00"]),
        (Window(last=2023), []),
        (Window(first=2024, last=2024), ["2024-01-31", "2024-02-01", "2024-03-15T08:00"]),
    ],
)
def test_an_end_of_a_window_over_dates_names_a_whole_period(window: Window, expected: list[str]) -> None:
    rows = rows_at("text", ["2024-01-31", None, "2024-02-01", "2024-03-15T08:00"])
    assert in_window(rows, timed("text"), window)["when"].tolist() == expected


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (Window(last="2024-02-01T02:00+02:00"), ["2024-01-31"]),
        (Window(first="2024-02-01T02:00+02:00"), ["2024-02-01T00:30:00", "2024-03-15T08:00:00"]),
        (Window(first="2024-02-01 00:30", last="2024-02-01 00:30"), ["2024-02-01T00:30:00"]),
        (Window(first=2024.0, last=2024.0), ["2024-01-31", "2024-02-01T00:30:00", "2024-03-15T08:00:00"]),
    ],
)
def test_a_window_over_times_knows_zones(window: Window, expected: list[str]) -> None:
    rows = rows_at("time", ["2024-01-31", "2024-02-01T01:30+01:00", "2024-03-15T08:00"])
    assert in_window(rows, timed("time"), window)["when"].tolist() == expected


def test_an_end_that_is_no_time_is_named() -> None:
    with pytest.raises(PolicyError, match=r"no time.*'yesterday'"):
        in_window(rows_at("time", ["2024-01-31"]), timed("time"), Window(first="yesterday"))


def test_an_end_that_is_no_number_is_named() -> None:
    with pytest.raises(PolicyError, match=r"event time when holds numbers.*'May'"):
        in_window(rows_at("number", [1, 2]), timed("number"), Window(first="May"))


def test_a_window_needs_an_event_time() -> None:
    contract = timed("integer")
    bare = contract.model_copy(update={"columns": contract.columns[1:]})
    with pytest.raises(PolicyError, match="role 'time'"):
        in_window(rows_at("integer", [1]), bare, Window(first=1))


def test_the_newest_rows_are_kept_and_later_ones_win_ties() -> None:
    rows = rows_at("integer", [2001, 1999, 2001, None, 2000, 2001])
    assert newest(rows, timed("integer"), 2)["x"].tolist() == [2, 5]
    assert newest(rows, timed("integer"), 5)["x"].tolist() == [1, 4, 0, 2, 5]


def test_without_an_event_time_the_last_rows_are_newest(
    contract: Contract, make_rows: Callable[[int], pd.DataFrame]
) -> None:
    bare = contract.model_copy(
        update={"columns": tuple(c for c in contract.columns if c.role is not Role.TIME)}
    )
    assert newest(make_rows(10), bare, 3)["loan"].tolist() == [7, 8, 9]
