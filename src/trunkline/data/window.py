"""The window of the policy: how its ends are read, and whether any row lies in it."""

from __future__ import annotations

import re

import pandas as pd

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import DataError, PolicyError
from trunkline.core.project import POLICY_FILE
from trunkline.core.snapshots import Window
from trunkline.core.times import read_time
from trunkline.inputs import input_of

KEY = "data.window"
_ZONE = re.compile(r"T.*(Z|[+-]\d\d:?\d\d)$| .*(Z|[+-]\d\d:?\d\d)$")


def time_end(end: float | str) -> str:
    """Return an end of a window in the form in which times are kept, as short as it was written: 2024 is that year.

    Raises ValueError when it is not ISO 8601.
    """
    words = str(int(end)) if isinstance(end, float) and end.is_integer() else str(end)
    whole = read_time(words)
    # Without a zone the end stays as short as it is: 12:30 is the whole minute.
    return whole if _ZONE.search(words) else words.replace(" ", "T")


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
    if input_of(time).quantity:
        numbers = [_number(end, value, time) for end, value in ends.items()]
        reversed_ = len(numbers) == 2 and numbers[0] > numbers[1]
    else:
        times = [_time(end, value) for end, value in ends.items()]
        # The last one stands for its whole period: from May 2024 to 2024 ends with that year.
        reversed_ = len(times) == 2 and times[0][: len(times[1])] > times[1]
    if reversed_:
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


def _number(end: str, value: float | str, time: Column) -> float:
    try:
        return float(value)
    except ValueError as error:
        raise PolicyError(
            f"{KEY}.{end} is not a number, and the event time {time.name} holds numbers.",
            value=value,
            next_step=f"write {KEY}.{end} as a number",
        ) from error


def _time(end: str, value: float | str) -> str:
    try:
        return time_end(value)
    except ValueError as error:
        raise PolicyError(
            f"{KEY}.{end} is no time: {error}.",
            value=value,
            next_step=f"write {KEY}.{end} as ISO 8601, such as 2024, 2024-05 or 2024-05-31",
        ) from error
