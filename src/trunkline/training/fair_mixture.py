"""A mixture of models that together are fair: a reduction that needs the protected attribute only while it trains."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin

from .group_thresholds import Constraint
from .protected_groups import large_groups

ROUNDS = 50
"""Models fitted at most, by the paper's default."""
WEIGHT = "model__sample_weight"
"""How the pipeline's estimator gets the weight of each row."""
NOTHING = 1e-9


class FairMixture(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier of two outcomes that weighs several fits of one estimator so that a constraint holds.

    Agarwal et al. (2018), A reductions approach to fair classification, by fairlearn's ExponentiatedGradient. Its
    solution draws one of the models for each answer; here the probability is the weighted mean of theirs, and the label
    the likelier outcome, so that the same row gets the same answer. Groups too small to constrain count with the
    largest one.

    `estimator` is a pipeline whose step `model` takes the weights of rows.
    """

    def __init__(
        self, estimator: Any, *, positive: str, constraint: Constraint = "demographic-parity"
    ) -> None:
        self.estimator = estimator
        self.positive = positive
        self.constraint = constraint

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
        positive = y == self.positive
        groups = np.asarray(sensitive_features, dtype=object)
        large = large_groups(groups, positive)
        largest = max(large, key=lambda group: int((groups == group).sum()))
        groups = np.where(np.isin(groups, large), groups, largest)
        solved = reductions.ExponentiatedGradient(
            self.estimator, constraints[self.constraint](), max_iter=ROUNDS, sample_weight_name=WEIGHT
        ).fit(X, positive.astype(int), sensitive_features=groups)
        weights = solved.weights_.sort_index()
        kept = weights.index[weights.to_numpy() > NOTHING]
        self.models_ = [solved.predictors_[place] for place in kept]
        self.weights_ = weights[kept].to_numpy(dtype=np.float64) / float(weights[kept].sum())
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Return probabilities of shape (n, 2), in the order of `classes_`."""
        mixed = np.zeros(len(X))
        for model, weight in zip(self.models_, self.weights_, strict=True):
            mixed += weight * _score(model, X)
        mixed = np.clip(mixed, 0.0, 1.0)
        first = str(self.classes_[0]) == self.positive
        return np.column_stack([mixed, 1 - mixed] if first else [1 - mixed, mixed])

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return the likelier outcome of each row."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])

    @property
    def models(self) -> list[Any]:
        """Return the fitted models behind the answers."""
        return list(self.models_)


def _score(model: Any, X: pd.DataFrame) -> np.ndarray:
    # where every row wants the same answer, the reduction takes a model with one class
    classes = [int(label) for label in model.classes_]
    if 1 not in classes:
        return np.zeros(len(X))
    return np.asarray(model.predict_proba(X), dtype=np.float64)[:, classes.index(1)]
