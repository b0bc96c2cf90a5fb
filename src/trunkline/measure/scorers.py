"""scikit-learn's scorers as metrics, and which names a policy may use: what needs the training stack."""

from __future__ import annotations

import difflib
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics import get_scorer, get_scorer_names

from trunkline.core.contract import Contract
from trunkline.core.errors import PolicyError
from trunkline.core.policy.monitors.performance import PerformanceMonitor
from trunkline.core.policy.policy import Policy

from .bootstrap import Statistic
from .metric_range import floor_problem
from .metrics import Metric, Metrics, light_metric, looped
from .paired import Array, Paired
from .weighted import NAMES

WATCHED = "monitoring.performance.metric"
"""The policy's key of the metric that monitors and rollouts use."""


@dataclass(frozen=True)
class Scorer:
    """A scikit-learn scorer, asked with the answers that a model gave."""

    name: str

    def value(self, paired: Paired) -> float:
        """Return the score of these rows, NaN where it is undefined or asks for what the model does not give."""
        if (_kind(self.name) == "regression") == bool(paired.classes):
            return float("nan")
        rows = np.arange(paired.rows).reshape(-1, 1)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                return float(get_scorer(self.name)(_replay(paired), rows, paired.truth))
            except (ValueError, AttributeError):
                return float("nan")

    def statistic(self, paired: Paired) -> Statistic:
        """Return the scorer, asked resample by resample."""
        return looped(paired, self.value)


def find_metric(name: str, metrics: Metrics) -> Metric:
    """Return the metric of this name, which `check_metric_names` knows to exist."""
    return light_metric(name, metrics) or Scorer(name)


def scorer_names() -> list[str]:
    """Return the scikit-learn scorers that a policy may name: those of a classification or a regression."""
    return [name for name in get_scorer_names() if _kind(name) and not name.endswith("_samples")]


def asks_chances(name: str) -> bool:
    """Whether a scikit-learn scorer judges probabilities, and not labels."""
    return bool(get_scorer(name)._response_method != "predict")


def check_metric_names(policy: Policy, metrics: Metrics, contract: Contract | None = None) -> None:
    """Check that every metric that the policy names exists and, given the contract, fits its outcome.

    Raises PolicyError naming the key and close matches.
    """
    if doubled := sorted(set(metrics) & set(scorer_names())):
        raise PolicyError(
            f"model.py defines the metric {doubled[0]}, and scikit-learn has one of that name.",
            next_step="give the project's metric another name",
        )
    rules = policy.gates.performance
    floors = {f"gates.performance.floors.{name}": (name, floor) for name, floor in rules.floors.items()}
    for position, part in enumerate(rules.slices):
        key = f"gates.performance.slices.{position}.floors"
        floors |= {f"{key}.{name}": (name, floor) for name, floor in part.floors.items()}
    judged = {
        "training.search.metric": policy.training.search.metric,
        "gates.performance.metric": rules.metric,
    }
    judged |= {key: name for key, (name, _) in floors.items()}
    for key, name in (judged | {WATCHED: policy.monitoring.of(PerformanceMonitor).metric}).items():
        check_known(key, name, metrics)
    for key, (name, floor) in floors.items():
        if name not in metrics and (problem := floor_problem(name, floor)):
            raise PolicyError(f"{key} is {floor:g}, and {problem}.", value=floor, next_step=f"correct {key}")
    if contract is not None:
        for key, name in judged.items():
            check_fit(key, name, metrics, contract)


def check_known(key: str, name: str, metrics: Metrics) -> None:
    """Raise PolicyError, with close matches, when there is no metric of this name."""
    known = sorted({*scorer_names(), *metrics})
    if name not in known:
        close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
        raise PolicyError(
            f"{key} names the metric {name}, and there is none of that name.",
            value=name,
            next_step=f"use {' or '.join(close)}" if close else f"use one of {', '.join(known)}",
        )


def check_watched_metric(policy: Policy, metrics: Metrics, contract: Contract) -> str:
    """Return what the machine that watches needs for the monitors' metric; empty when it needs nothing.

    Raises PolicyError when the metric does not fit the outcome: they would never judge by it.
    """
    name = policy.monitoring.of(PerformanceMonitor).metric
    check_fit(WATCHED, name, metrics, contract)
    if name in NAMES or name in metrics:
        return ""
    return f"{WATCHED} is {name}, which scikit-learn computes: install the extra `train` where trunkline monitors."


def check_fit(key: str, name: str, metrics: Metrics, contract: Contract, *, classes: int = 0) -> None:
    """Raise PolicyError when the metric has no value for answers of this kind, asked of a few made-up rows.

    `classes` is the number of outcomes where the contract does not list them.
    """
    size = 0 if contract.task == "regression" else max(2, classes, len(contract.outcome.categories))
    if name in metrics or np.isfinite(find_metric(name, metrics).value(_made_up(size))):
        return
    instead = "r2" if not size else "roc_auc_ovr" if size > 2 and _kind(name) != "regression" else "accuracy"
    raise PolicyError(
        f"{key} is {name}, which does not fit the outcome {contract.outcome.name}.",
        value=name,
        next_step=f"set {key} to a metric such as {instead}",
    )


def _made_up(classes: int) -> Paired:
    if not classes:
        truth = np.arange(1.0, 9.0)
        return Paired(truth, truth[[0, 2, 1, 3, 5, 4, 6, 7]], None)
    truth = np.tile(np.arange(classes), 4)
    chances = np.full((len(truth), classes), 1 / (2 * classes))
    chances[np.arange(len(truth)), truth] += 0.5
    labels = truth.copy()
    labels[:classes] = np.roll(labels[:classes], 1)
    return Paired(truth, labels, chances, tuple(map(str, range(classes))), 1 if classes == 2 else None)


def _kind(name: str) -> str:
    """Return what a scorer judges, by where scikit-learn defines it; empty for clusterings."""
    module = get_scorer(name)._score_func.__module__
    if ".cluster" in module:
        return ""
    return "regression" if module.endswith("_regression") else "classification"


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
