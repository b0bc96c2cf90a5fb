"""The window of the policy: whether its ends are times, and whether any row lies in it."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import DataError, PolicyError
from trunkline.core.project import POLICY_FILE
from trunkline.core.snapshots import Window

KEY = "data.window"
_REST_OF_A_DAY = {4: "-01-01", 7: "-01"}
"""What a year, and a month, need to become a day."""


def check_window(window: Window, contract: Contract) -> None:
    """Raise PolicyError when an end of the window is no time of the contract's event time, or they lie the wrong way.

    A contract without an event time has no window.
    """
    ends = {end: value for end in ("first", "last") if (value := getattr(window, end)) is not None}
    if not ends:
        return
    time = contract.of_role(Role.TIME)
    if time is None:
        raise PolicyError(
            f"{KEY} needs an event time, and no column of the contract {contract.name} has the role 'time'.",
            next_step=f"give that column metadata={{'role': 'time'}}, or take {KEY} out of {POLICY_FILE}",
        )
    read = {end: _read(end, value, time) for end, value in ends.items()}
    if len(read) == 2 and read["first"] > read["last"]:  # type: ignore[operator]
        raise PolicyError(
            f"{KEY} goes from {window.first} to {window.last}, and no time lies there.",
            next_step="write the earlier time as `first`",
        )


def require_rows(kept: pd.DataFrame, loaded: pd.DataFrame, contract: Contract, window: Window) -> None:
    """Raise DataError when a window takes none of the rows that were loaded."""
    time = contract.of_role(Role.TIME)
    if len(kept) or not len(loaded) or time is None:
        return
    known = loaded[time.name].dropna()
    span = (
        f"{time.name} goes from {known.min()} to {known.max()}"
        if len(known)
        else f"{time.name} is always null"
    )
    raise DataError(
        f"{KEY} takes none of {len(loaded):,} rows: {span}.",
        value={end: value for end, value in window.to_dict().items() if value is not None},
        next_step=f"correct {KEY} in {POLICY_FILE}",
    )


def _read(end: str, value: float | str, time: Column) -> float | str:
    """Return an end in a form that compares."""
    key = f"{KEY}.{end}"
    if time.type in ("integer", "number"):
        try:
            return float(value)
        except ValueError as error:
            raise PolicyError(
                f"{key} is no number, and the event time {time.name} holds numbers.",
                value=value,
                next_step=f"write {key} as a number",
            ) from error
    text = str(value)
    try:
        datetime.fromisoformat(text + _REST_OF_A_DAY.get(len(text), ""))
    except ValueError as error:
        raise PolicyError(
            f"{key} is no time: {error}.",
            value=value,
            next_step=f"write {key} as ISO 8601, such as 2024, 2024-05 or 2024-05-31",
        ) from error
    return text
