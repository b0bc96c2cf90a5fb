"""The project's own rows, and the newest of them."""

from __future__ import annotations

import pandas as pd

from trunkline.core.contract import Contract, Role
from trunkline.core.project import Project
from trunkline.core.raised import asking
from trunkline.core.secrets import kept_any, lent

from .schema import project_schema
from .validation import check_rows

KEY = "TRUNKLINE_DATA_KEY"
"""The secret of a workflow with which load() may read the rows."""


def load_source(project: Project) -> pd.DataFrame:
    """Return every row that the project's data.load() gives, checked against the contract.

    Raises ProjectError when load() raises, DataError when its rows break the contract.
    """
    load = project.plug("data", "load")
    origin = f"src/{project.policy.package}/data.py"
    secrets = (
        f"; it sees no secret but {KEY} and those that data.environment in trunkline.yaml names"
        if kept_any()
        else ""
    )
    with (
        asking(f"load() in {origin} failed:", f"edit {origin}{secrets}"),
        lent({KEY, *project.policy.data.environment}),
    ):
        frame = load()
    return check_rows(frame, project_schema(project), origin=f"load() in {origin}")


def newest(frame: pd.DataFrame, contract: Contract, count: int) -> pd.DataFrame:
    """Return the `count` newest rows by event time; if two have the same time, the one further down is newer.

    Without an event time the order of the rows is taken for the order of events; a null time is oldest. The index is
    kept, so that it still tells where a row came from.
    """
    time = contract.of_role(Role.TIME)
    if time is not None:
        frame = frame.sort_values(time.name, kind="stable", na_position="first")
    return frame.tail(count)
