"""Lists as answers: what training and gates ask, and the outcomes of a snapshot's rows, of which each is one event."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from trunkline.core.contract import Contract, Role, as_label
from trunkline.core.decision import Decision
from trunkline.core.errors import DataError
from trunkline.measure.paired import Array

from .answers import Answers, objects
from .classification.outcomes import Labels
from .estimators import Estimators


class ListedJudging(Estimators):
    """Estimators that predict a list of entries for each row, as dictionaries of their parts.

    They are fitted on what happened in each row: a dictionary of the items and their outcomes.
    """

    def rows(self, frame: Any, contract: Contract) -> Any:
        """Return the first row of each key, its outcome the pairs of all its items and theirs; a null item is none."""
        key, item, outcome = (column_of(contract, role) for role in (Role.KEY, Role.ITEM, Role.OUTCOME))
        # Pairs, for they can be hashed and compared as other outcomes are.
        happened = [
            tuple(
                (as_label(name), value)
                for name, value in zip(of[item], of[outcome], strict=True)
                if pd.notna(name)
            )
            for _, of in frame.groupby(key, sort=False)
        ]
        rows = frame.drop_duplicates(key).drop(columns=item).reset_index(drop=True)
        return rows.assign(**{outcome: pd.Series(happened, dtype=object)})

    def truth(self, values: Any, contract: Contract) -> Array:
        """Return what happened in each row, by item."""
        return objects(dict(pairs) for pairs in values)

    def outcome(self, values: Any, contract: Contract) -> Array:
        """Return what happened in each row, by item."""
        return objects(dict(pairs) for pairs in values)

    def require_learnable(self, y: Array, contract: Contract, *, folds: int) -> None:
        """Raise DataError unless every fold has a row."""
        if len(y) < folds:
            raise DataError(f"{len(y)} answers are too few for {folds} folds.", next_step="take more rows")

    def refuse(self, estimator: Any, contract: Contract, *, candidate: str) -> None:
        """Return: no library's estimators tell that they give lists."""

    def ask(self, model: Any, rows: Any, *, decision: Decision | None = None) -> Answers:
        """Return the lists that `predict` gives."""
        return Answers(
            objects(list(entries) for entries in model.predict(rows)) if len(rows) else objects([])
        )


class Events(Labels):
    """Outcomes of items, which one answer has many of."""

    def strata(self, values: pd.Series[Any], unit: pd.Series[Any]) -> pd.Series[Any]:
        """Return one group of all answers."""
        return pd.Series(np.zeros(unit.nunique(), dtype=int), index=unit.drop_duplicates())


def column_of(contract: Contract, role: Role) -> str:
    """Return the name of the column that has a role; the contract was checked to have one."""
    return next(column.name for column in contract.columns if column.role is role)
