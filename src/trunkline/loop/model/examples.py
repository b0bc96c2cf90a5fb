"""Examples: requests that the trained model can answer, for people to try and for load to be put on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from trunkline import data
from trunkline.core.contract import Contract
from trunkline.core.errors import TrunklineError
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.inputs import Value, input_of

from .answers import columns_of
from .snapshots import locked_snapshot

MOST_TEXTS = 1000


def request(rows: pd.DataFrame, contract: Contract, place: int = 0) -> dict[str, Any]:
    """Return one row of a frame as a request holds it: every input, null as None."""
    names = [column.name for column in contract.inputs]
    return {name: values[0] for name, values in columns_of(rows.iloc[[place]], names).items()}


def example_request(project: Project, *, progress: Progress) -> dict[str, Any]:
    """Return a request: the first test row where rows are locked, else one that the contract alone allows."""
    contract = data.project_contract(project)
    if not project.data_lock.is_file():
        return {column.name: input_of(column).example() for column in contract.inputs}
    snapshot = locked_snapshot(project, progress=progress)
    if snapshot.contract.inputs != contract.inputs:
        return {column.name: input_of(column).example() for column in contract.inputs}
    return request(snapshot.test(), contract)


def locked_texts(project: Project, *, progress: Progress) -> Mapping[str, tuple[Value, ...]]:
    """Return for every text or id among the inputs values that the locked test rows hold, at most 1,000 each.

    Empty where the contract has no text, and where no rows can be had.
    """
    contract = data.project_contract(project)
    names = [column.name for column in contract.inputs if input_of(column).free]
    if not names:
        return {}
    try:
        rows = locked_snapshot(project, progress=progress).test()
    except TrunklineError as error:
        progress(f"texts are drawn without the locked rows: {error.what}")
        return {}
    return {
        name: tuple(dict.fromkeys(rows[name].dropna().tolist()))[:MOST_TEXTS]
        for name in names
        if name in rows.columns
    }
