"""The project's own rows, and which of them a snapshot takes."""

from __future__ import annotations

import pandas as pd

from trunkline.core.contract import Contract, Role
from trunkline.core.errors import DataError
from trunkline.core.project import Project
from trunkline.core.raised import asking
from trunkline.core.secrets import kept_any, lent
from trunkline.core.snapshots import Window
from trunkline.inputs import input_of

from .schema import project_schema
from .validation import check_rows
from .window import time_end


def load_source(project: Project) -> pd.DataFrame:
    """Return every row that the project's data.load() gives, checked against the contract.

    Raises ProjectError when load() raises, DataError when its rows break the contract.
    """
    load = project.plug("data", "load")
    origin = f"src/{project.policy.package}/data.py"
    secrets = (
        "; it sees no secret but those that data.environment in trunkline.yaml names" if kept_any() else ""
    )
    with (
        asking(f"load() in {origin} failed:", f"edit {origin}{secrets}"),
        lent(project.policy.data.environment),
    ):
        frame = load()
    return check_rows(frame, project_schema(project), origin=f"load() in {origin}")


def in_window(frame: pd.DataFrame, contract: Contract, window: Window) -> pd.DataFrame:
    """Return the rows whose event time lies in the window, both ends inclusive.

    Times compare as texts, which is right for the form in which they are kept, and an end names a whole period: `last:
    "1999"` takes all of 1999. Rows without an event time lie in no window that has an end.
    Raises DataError when the contract has no event time or an end cannot be compared with it.
    """
    if window.first is None and window.last is None:
        return frame
    time = contract.of_role(Role.TIME)
    if time is None:
        raise DataError(
            f"A window needs an event time, and no column of the contract {contract.name} has the role 'time'.",
            next_step="give that column metadata={'role': 'time'}, or take data.window out of trunkline.yaml",
        )
    values = frame[time.name]
    kept = values.notna()
    if input_of(time).quantity:
        if window.first is not None:
            kept &= (values >= _number(window.first, time.name)).fillna(False).astype(bool)
        if window.last is not None:
            kept &= (values <= _number(window.last, time.name)).fillna(False).astype(bool)
    else:
        if window.first is not None:
            kept &= (values >= _time(window.first, time.name)).fillna(False).astype(bool)
        if window.last is not None:
            end = _time(window.last, time.name)
            kept &= (values.str.slice(0, len(end)) <= end).fillna(False).astype(bool)
    return frame[kept].reset_index(drop=True)


def newest(frame: pd.DataFrame, contract: Contract, count: int) -> pd.DataFrame:
    """Return the `count` newest rows by event time; if two have the same time, the one further down is newer.

    Without an event time the order of the rows is taken for the order of events; a null time is oldest. The index is
    kept, so that it still tells where a row came from.
    """
    time = contract.of_role(Role.TIME)
    if time is not None:
        frame = frame.sort_values(time.name, kind="stable", na_position="first")
    return frame.tail(count)


def _time(end: float | str, column: str) -> str:
    try:
        return time_end(end)
    except ValueError as error:
        raise DataError(
            f"data.window cannot be compared with the event time {column}: {error}.",
            value=end,
            next_step="write the window's ends as ISO 8601",
        ) from error


def _number(end: float | str, column: str) -> float:
    try:
        return float(end)
    except ValueError as error:
        raise DataError(
            f"data.window cannot be compared with the event time {column}, which holds numbers.",
            value=end,
            next_step="write the window's ends as numbers",
        ) from error
