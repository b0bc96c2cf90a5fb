"""scikit-learn's scorers as metrics: what needs the training stack."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics import get_scorer, get_scorer_names

from .bootstrap import Statistic
from .metrics import Metric, Metrics, light_metric, looped
from .paired import Array, Paired


@dataclass(frozen=True)
class Scorer:
    """A scikit-learn scorer, asked with the answers that a model gave."""

    name: str

    def value(self, paired: Paired) -> float:
        """Return the score of these rows, NaN where it is undefined or asks for what the model does not give."""
        if _of_classes(self.name) is not bool(paired.classes):
            return float("nan")
        rows = np.arange(paired.rows).reshape(-1, 1)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                return float(get_scorer(self.name)(_replay(paired), rows, paired.truth))
            except (ValueError, TypeError, AttributeError):
                return float("nan")

    def statistic(self, paired: Paired) -> Statistic:
        """Return the scorer, asked resample by resample."""
        return looped(paired, self.value)


def find_metric(name: str, metrics: Metrics) -> Metric:
    """Return the metric of this name, which the checks of the policy know to exist."""
    return light_metric(name, metrics) or Scorer(name)


def scorer_names() -> list[str]:
    """Return the scikit-learn scorers that a policy may name: those that judge classes or numbers."""
    return [
        name for name in get_scorer_names() if _of_classes(name) is not None and not name.endswith("_samples")
    ]


def asks_chances(name: str) -> bool:
    """Whether a scikit-learn scorer judges probabilities, and not labels."""
    return bool(get_scorer(name)._response_method != "predict")


def _of_classes(name: str) -> bool | None:
    """Return whether a scorer judges classes or else numbers, by where scikit-learn defines it; None of clusterings."""
    module = get_scorer(name)._score_func.__module__
    return None if ".cluster" in module else not module.endswith("_regression")


def _replay(paired: Paired) -> Any:
    """Return an estimator that knows the answers already: its X is the row's position.

    A scorer asks an estimator; so every scorer works on answers without naming its parameters here.
    """
    kind = _ReplayedClassifier if paired.classes else _ReplayedRegressor
    replayed = kind()
    replayed.paired = paired
    if paired.classes:
        replayed.classes_ = np.arange(len(paired.classes))
    return replayed


class _Replayed(BaseEstimator):  # type: ignore[misc]
    paired: Paired

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict(self, X: Array) -> Array:
        return np.asarray(self.paired.labels[X[:, 0]])


class _ReplayedRegressor(RegressorMixin, _Replayed):  # type: ignore[misc]
    pass


class _ReplayedClassifier(ClassifierMixin, _Replayed):  # type: ignore[misc]
    classes_: Array

    def predict_proba(self, X: Array) -> Array:
        if self.paired.probabilities is None:
            raise ValueError("the model gives no probabilities")
        return np.asarray(self.paired.probabilities[X[:, 0]])
