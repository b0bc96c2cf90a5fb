"""scikit-learn's scorers as metrics: what needs the training stack."""

from __future__ import annotations

import functools
import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics import get_scorer, get_scorer_names

from .bootstrap import Statistic
from .metrics import Metric, Metrics, light_metric, looped
from .paired import Array, Paired
from .traits import Trait


@dataclass(frozen=True)
class Scorer:
    """A scikit-learn scorer, asked with the answers that a model gave."""

    name: str

    def value(self, paired: Paired) -> float:
        """Return the score of these rows, NaN where it is undefined or asks for what the model does not give."""
        takes = _taken(self.name)
        if takes is None or takes not in paired.traits:
            return float("nan")
        rows = np.arange(paired.rows).reshape(-1, 1)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                return float(get_scorer(self.name)(_REPLAYED[takes](paired), rows, paired.truth))
            except (ValueError, TypeError, AttributeError):
                return float("nan")

    def statistic(self, paired: Paired) -> Statistic:
        """Return the scorer, asked resample by resample."""
        return looped(paired, self.value)


def find_metric(name: str, metrics: Metrics) -> Metric:
    """Return the metric of this name, which the checks of the policy know to exist."""
    return light_metric(name, metrics) or Scorer(name)


@functools.cache  # to make all scorers takes 40 ms, and a check of the policy asks for each metric that it names
def scorer_names() -> tuple[str, ...]:
    """Return the scikit-learn scorers that a policy may name: those that judge classes or numbers."""
    return tuple(name for name in get_scorer_names() if _taken(name) and not name.endswith("_samples"))


def asks_chances(name: str) -> bool:
    """Whether a scikit-learn scorer judges probabilities, and not labels."""
    return bool(get_scorer(name)._response_method != "predict")


def _taken(name: str) -> Trait | None:
    """Return what a scorer judges, by where scikit-learn defines it; None of clusterings."""
    module = get_scorer(name)._score_func.__module__
    return None if ".cluster" in module else "amounts" if module.endswith("_regression") else "classes"


class _Replayed(BaseEstimator):  # type: ignore[misc]
    """An estimator that knows the answers already: its X is the row's position.

    A scorer asks an estimator; so every scorer works on answers without naming its parameters here.
    """

    def __init__(self, paired: Paired) -> None:
        self.paired = paired
        self.classes_ = np.arange(len(paired.classes))

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict(self, X: Array) -> Array:
        return np.asarray(self.paired.labels[X[:, 0]])


class _ReplayedRegressor(RegressorMixin, _Replayed):  # type: ignore[misc]
    pass


class _ReplayedClassifier(ClassifierMixin, _Replayed):  # type: ignore[misc]
    def predict_proba(self, X: Array) -> Array:
        if self.paired.probabilities is None:
            raise ValueError("the model gives no probabilities")
        return np.asarray(self.paired.probabilities[X[:, 0]])


_REPLAYED: dict[Trait, type[_Replayed]] = {"amounts": _ReplayedRegressor, "classes": _ReplayedClassifier}
