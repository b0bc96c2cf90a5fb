"""Numbers as answers: what training and gates ask, with the training stack at hand."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import is_classifier

from trunkline.core.contract import Contract
from trunkline.core.decision import Decision
from trunkline.core.errors import DataError, ProjectError
from trunkline.inputs import input_of
from trunkline.measure.paired import Array

from ..answers import Answers
from ..estimators import Estimators
from ..first_steps import FirstSteps


class RegressionJudging(Estimators):
    """A regression's estimators and outcomes."""

    def truth(self, values: Any, contract: Contract) -> Array:
        """Return the outcomes as float64."""
        return np.asarray(values, dtype=np.float64)

    def outcome(self, values: Any, contract: Contract) -> Array:
        """Return the outcomes as float64."""
        return np.asarray(values.to_numpy(dtype=np.float64))

    def require_learnable(self, y: Array, contract: Contract, *, folds: int) -> None:
        """Raise DataError unless there are finite outcomes that differ, and enough of them."""
        if len(y) < folds or not np.isfinite(y).all() or np.ptp(y) == 0:
            raise DataError(
                f"The outcome {contract.outcome.name} cannot be learned: {len(y)} rows, and it needs finite values "
                "that differ.",
                next_step="look at what data.py loads",
            )

    def refuse(self, estimator: Any, contract: Contract, *, candidate: str) -> None:
        """Raise ProjectError for a classifier."""
        if is_classifier(estimator):
            outcome = contract.outcome
            raise ProjectError(
                f"Candidate {candidate}: {type(estimator).__name__} answers classes, and the outcome "
                f"{outcome.name} is {input_of(outcome).rule()}.",
                next_step="list its classes in contract.py, as isin=[0, 1], or offer a regressor in model.py",
            )

    def ask(self, model: Any, rows: Any, *, decision: Decision | None = None) -> Answers:
        """Return what `predict` gives, as float64."""
        return Answers(
            np.asarray(model.predict(rows), dtype=np.float64).reshape(-1) if len(rows) else np.empty(0)
        )

    def first_steps(self, contract: Contract) -> FirstSteps:
        """Return what fits amounts."""
        return FirstSteps(
            metric="neg_mean_absolute_error",
            split="random",
            linear="Ridge()",
            strength="alpha",
            boosted="HistGradientBoostingRegressor",
        )
