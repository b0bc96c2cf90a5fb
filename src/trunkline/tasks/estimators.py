"""Estimators: what tasks share whose models need no more than `fit` and `predict`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sklearn.model_selection import GroupKFold, KFold
from sklearn.pipeline import Pipeline

from trunkline.core.contract import Contract
from trunkline.core.errors import ProjectError
from trunkline.measure.paired import Paired

from .first_steps import FirstSteps


class Estimators:
    """Rows are answered one by one, and a prediction is the whole answer."""

    def rows(self, frame: Any, contract: Contract) -> Any:
        """Return them as they are."""
        return frame

    def folds(self, *, grouped: bool) -> Any:
        """Return folds that shuffle."""
        return GroupKFold if grouped else KFold

    def complete(self, model: Any) -> bool:
        """Return that a prediction is enough."""
        return True

    def classes(self, model: Any, contract: Contract, *, candidate: str) -> tuple[str, ...]:
        """Return none."""
        return ()

    def first_steps(self, contract: Contract) -> FirstSteps:
        """Raise ProjectError: a model of this task is written by hand."""
        raise ProjectError(
            f"Nobody can tell how a model begins that answers {contract.outcome.name}.",
            next_step="write contract.py, features.py and model.py by hand",
        )

    def examples(self, frame: Any, paired: Paired, contract: Contract) -> Mapping[str, bytes]:
        """Return none."""
        return {}

    def export_options(self, model: Any) -> dict[Any, Any]:
        """Return none."""
        return {}


def transformed(model: Any, rows: Any) -> tuple[Any, Any]:
    """Return the last step of a pipeline with the rows as it sees them, which may then be asked more than once.

    Whatever is no plain pipeline of scikit-learn is returned with its rows as they are.
    """
    if type(model) is not Pipeline:
        return model, rows
    for _, step in model.steps[:-1]:
        if step is not None and step != "passthrough":
            rows = step.transform(rows)
    return model.steps[-1][1], rows
