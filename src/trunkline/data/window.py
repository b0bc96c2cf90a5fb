"""The window of the policy: how its ends are read, and which rows lie in it."""

from __future__ import annotations

import re
from typing import Any

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
    ends = _ends(window, contract)
    if "first" not in ends or "last" not in ends:
        return
    first, last = ends["first"], ends["last"]
    # A last time stands for its whole period: from May 2024 to 2024 ends with that year.
    if (first[: len(last)] if isinstance(first, str) else first) > last:
        raise PolicyError(
            f"{KEY} goes from {window.first} to {window.last}, and no time lies there.",
            next_step="write the earlier time as `first`",
        )


def in_window(frame: pd.DataFrame, contract: Contract, window: Window) -> pd.DataFrame:
    """Return the rows whose event time lies in the window, both ends inclusive.

    Times compare as texts, which is right for the form in which they are kept, and an end names a whole period: `last:
    "1999"` takes all of 1999. Rows without an event time lie in no window that has an end.
    Raises PolicyError when the contract has no event time or an end cannot be compared with it.
    """
    ends, time = _ends(window, contract), contract.of_role(Role.TIME)
    if not ends or time is None:
        return frame
    values = frame[time.name]
    kept = values.notna()
    if "first" in ends:
        kept &= (values >= ends["first"]).fillna(False).astype(bool)
    if "last" in ends:
        last = ends["last"]
        until = values.str.slice(0, len(last)) if isinstance(last, str) else values
        kept &= (until <= last).fillna(False).astype(bool)
    return frame[kept].reset_index(drop=True)


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


def _ends(window: Window, contract: Contract) -> dict[str, Any]:
    """Return the ends that the window has, as the contract's event time compares: numbers, or texts."""
    given = {end: value for end in ("first", "last") if (value := getattr(window, end)) is not None}
    time = contract.of_role(Role.TIME)
    if given and time is None:
        raise PolicyError(
            f"{KEY} needs an event time, and no column of the contract {contract.name} has the role 'time'.",
            next_step=f"say trunkline.field(role='time') of that column, or take {KEY} out of {POLICY_FILE}",
        )
    return {end: _end(end, value, time) for end, value in given.items() if time}


def _end(end: str, value: float | str, time: Column) -> float | str:
    numeric = input_of(time).quantity
    try:
        return float(value) if numeric else time_end(value)
    except ValueError as error:
        if numeric:
            said, how = f"not a number, and the event time {time.name} holds numbers", "a number"
        else:
            said, how = f"no time: {error}", "ISO 8601, such as 2024, 2024-05 or 2024-05-31"
        raise PolicyError(
            f"{KEY}.{end} is {said}.", value=value, next_step=f"write {KEY}.{end} as {how}"
        ) from error
