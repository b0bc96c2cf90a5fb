"""Rows with their answers, and what the contract says of them: the truth, and the users."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from trunkline.core.contract import Contract, Role
from trunkline.core.errors import DataError
from trunkline.measure.paired import Array, Paired
from trunkline.measure.users import Users, numbered
from trunkline.tasks import Answers, judging_of, task_of


@dataclass(frozen=True)
class Scored:
    """Contract rows (outcome included) and what a model answered to them.

    `labels` has shape (n,): text for classification, float64 for regression. `probabilities` has shape
    (n, n_classes), its columns in the order of `classes`; without `classes` that is the sorted order of the
    outcome's categories.
    """

    frame: pd.DataFrame
    labels: Array
    probabilities: Array | None
    classes: tuple[str, ...] = ()

    @property
    def answers(self) -> Answers:
        """Return what the model answered, without the rows."""
        return Answers(self.labels, self.probabilities, self.classes)


def truth_of(frame: pd.DataFrame, contract: Contract) -> Array:
    """Return the outcome as labels are written: text for classification (`true`, and `1` of codes), else float64.

    Raises DataError when the frame has no outcome or it is null in some row.
    """
    name = contract.outcome.name
    if name not in frame.columns:
        raise DataError(f"The rows have no column {name}, and it is the outcome.")
    column = frame[name]
    if empty := int(column.isna().sum()):
        raise DataError(f"The outcome {name} is null in {empty} of {len(column)} rows.")
    return judging_of(contract).truth(column, contract)


def users_of(frame: pd.DataFrame, contract: Contract) -> Users | None:
    """Return the user of each row, None where no user has two; a row that names none stands for itself."""
    column = contract.of_role(Role.USER)
    if column is None or column.name not in frame.columns:
        return None
    values = frame[column.name]
    return numbered(values.astype(object).where(values.notna(), None))


def pair_scored(scored: Scored, contract: Contract, *, other: Scored | None = None) -> Paired:
    """Return the truth that the rows hold, paired with the answers to them.

    With `other`, the classes of that model count too, so that the two can be compared.
    """
    known = () if other is None else sorted({*other.classes, *map(str, other.labels)})
    return task_of(contract).pair(
        truth_of(scored.frame, contract),
        scored.answers,
        contract,
        known=known,
        users=users_of(scored.frame, contract),
    )
