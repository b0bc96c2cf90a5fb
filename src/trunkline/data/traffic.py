"""Answered predictions with their ground truth, as rows to learn from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import pandas as pd

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.project import Project
from trunkline.inputs import input_of
from trunkline.predictions import GroundTruth, Prediction
from trunkline.predictions.ground_truth import value_of
from trunkline.predictions.labelled import Truths
from trunkline.predictions.opening import open_log, open_truth
from trunkline.tasks import task_of

from .rows import typed
from .schema import project_schema
from .validation import check_rows


def load_traffic(
    project: Project, environment: str, contract: Contract, *, progress: Callable[[str], None] | None = None
) -> pd.DataFrame:
    """Return what an environment answered and later learned the truth of, as contract rows, oldest answer first.

    Answers of champion and challenger count; silent ones do not. If an answer has several truths, the latest holds.
    `progress` is told how many lines were torn, how many answers have no truth yet, and how many rows were left out
    for lack of a value. Raises DataError when a line holds another record, or a truth breaks the contract.
    """
    say = progress or (lambda _: None)
    log, path = open_log(project, environment), open_truth(project, environment)
    answers, torn = log.count()
    known, truths = log.labelled(path)
    task = task_of(contract)
    told = {
        answer.id: [
            event.model_copy(update={"value": value_of(event, task, contract)}) for event in truths[answer.id]
        ]
        for answer in known
    }
    frame = traffic_rows(known, told, contract)
    whole = complete(frame, contract)
    say(
        f"traffic of {environment}: {answers:,} answers, {len(known):,} with ground truth, "
        f"{len(frame) - len(whole):,} left out for lack of a value, {torn:,} torn lines skipped"
    )
    if whole.empty:
        return typed(whole, contract)
    return check_rows(whole, project_schema(project), origin=f"the traffic of {environment}")


def traffic_rows(answers: Sequence[Prediction], truths: Truths, contract: Contract) -> pd.DataFrame:
    """Return one row an event, an answer's outcome or that of one of its items; what the log lacks is null.

    The log has no key and no user: the key is made of the prediction's id and the user of the logged hash, as they
    are for a text, as a whole number of 62 bits for an integer.
    """
    columns: dict[str, list[object]] = {column.name: [] for column in contract.columns}
    for answer in answers:
        for event in truths[answer.id]:
            for column in contract.columns:
                columns[column.name].append(_value(column, answer, event))
    return pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})


def complete(frame: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """Return the rows that have a value in every column that must have one."""
    needed = [column.name for column in contract.columns if not column.nullable]
    return frame.dropna(subset=needed).reset_index(drop=True)


def stable_integer(text: str) -> int:
    """Return a whole number of 62 bits that is always the same for a text."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 2


def _value(column: Column, answer: Prediction, event: GroundTruth) -> object:
    if column.role is Role.OUTCOME:
        return event.value
    if column.role is Role.ITEM:
        return event.item
    if column.role is Role.WEIGHT:
        return 1
    if column.role in (Role.KEY, Role.USER):
        name = answer.id if column.role is Role.KEY else answer.user
        return (stable_integer(name) if input_of(column).whole else name) if name else None
    return answer.inputs.get(column.name) if input_of(column).kept else None
