"""A mixture of models that together are fair: a reduction that needs the protected attribute only while it trains."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, clone

from .group_thresholds import Constraint
from .protected_groups import large_groups

ROUNDS = 50
"""Models fitted at most, by the paper's default."""
NOTHING = 1e-9


class FairMixture(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier of two outcomes that weighs several fits of one estimator so that a constraint holds.

    Agarwal et al. (2018), A reductions approach to fair classification, by fairlearn's ExponentiatedGradient. Its
    solution draws one of the models for each answer; here the probability is the weighted mean of their probabilities,
    and the label the likelier outcome, so that the same row gets the same answer. (Their vote takes a handful of values
    only and ranks far worse: on Adult an AUC of 0.72 where the mean has 0.89.) Groups too small to constrain count with
    the largest one.

    `estimator` is a pipeline of the steps `features` and `model`; `model` takes the weights of rows.
    """

    def __init__(
        self,
        estimator: Any,
        *,
        positive: str,
        constraint: Constraint = "demographic-parity",
        rounds: int = ROUNDS,
    ) -> None:
        self.estimator = estimator
        self.positive = positive
        self.constraint = constraint
        self.rounds = rounds

    def fit(
        self, X: pd.DataFrame, y: np.ndarray, sensitive_features: np.ndarray | None = None
    ) -> FairMixture:
        """Fit the mixture; `sensitive_features` names each row's group, of shape (n,)."""
        from fairlearn import reductions

        if sensitive_features is None:
            raise ValueError("the groups of the rows are needed while training")
        constraints = {
            "demographic-parity": reductions.DemographicParity,
            "equalized-odds": reductions.EqualizedOdds,
            "true-positive-rate-parity": reductions.TruePositiveRateParity,
        }
        y = np.asarray(y)
        self.classes_ = np.unique(y)
        positive = y.astype(str) == self.positive
        groups = np.asarray(sensitive_features, dtype=object)
        large = large_groups(groups, positive)
        largest = max(large, key=lambda group: int((groups == group).sum()))
        groups = np.where(np.isin(groups, large), groups, largest)
        self.features_ = clone(self.estimator["features"])
        matrix = self.features_.fit_transform(X, y)
        solver = reductions.ExponentiatedGradient(
            _OnMatrix(self.estimator["model"], matrix), constraints[self.constraint](), max_iter=self.rounds
        )
        with warnings.catch_warnings():
            # fairlearn 0.15 grows its tables in ways that pandas 4 will refuse: nothing that a user can act on
            warnings.simplefilter("ignore", DeprecationWarning)
            warnings.simplefilter("ignore", FutureWarning)
            solved = solver.fit(
                np.arange(len(y)).reshape(-1, 1), positive.astype(int), sensitive_features=groups
            )
        weights = solved.weights_.sort_index()
        kept = weights.index[weights.to_numpy() > NOTHING]
        predictors = [solved.predictors_[place] for place in kept]
        self.models_ = [one.estimator if isinstance(one, _OnMatrix) else one for one in predictors]
        self.weights_ = weights[kept].to_numpy(dtype=np.float64) / float(weights[kept].sum())
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Return probabilities of shape (n, 2), in the order of `classes_`."""
        matrix = self.features_.transform(X)
        mixed = np.zeros(len(X))
        for model, weight in zip(self.models_, self.weights_, strict=True):
            mixed += weight * _score(model, matrix, len(X))
        mixed = np.clip(mixed, 0.0, 1.0)
        first = str(self.classes_[0]) == self.positive
        return np.column_stack([mixed, 1 - mixed] if first else [1 - mixed, mixed])

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return the likelier outcome of each row."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])

    @property
    def models(self) -> list[Any]:
        """Return the fitted parts behind the answers: the features, then the models."""
        return [self.features_, *self.models_]


class _OnMatrix:
    """An estimator on features that were computed once, dense or sparse; fairlearn sees row numbers in their place."""

    def __init__(self, estimator: Any, matrix: Any) -> None:
        self.estimator = estimator
        self.matrix = matrix

    def __sklearn_clone__(self) -> _OnMatrix:
        return _OnMatrix(clone(self.estimator), self.matrix)

    def fit(self, X: Any, y: Any, sample_weight: Any) -> _OnMatrix:  # noqa: ARG002
        """Fit the estimator on all rows."""
        self.estimator.fit(self.matrix, np.asarray(y), sample_weight=np.asarray(sample_weight))
        return self

    def predict(self, X: Any) -> np.ndarray:  # noqa: ARG002
        """Return the answers to all rows."""
        return np.asarray(self.estimator.predict(self.matrix))


def _score(model: Any, matrix: Any, rows: int) -> np.ndarray:
    # where every row wants the same answer, the reduction takes a model with one class
    classes = [int(label) for label in model.classes_]
    if 1 not in classes:
        return np.zeros(rows)
    return np.asarray(model.predict_proba(matrix), dtype=np.float64)[:, classes.index(1)]
