"""Metrics by name: every scikit-learn scorer, and those that the project defines; higher is better for all."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics import get_scorer, get_scorer_names

from trunkline.core.contract import Contract
from trunkline.core.errors import PolicyError, ProjectError
from trunkline.core.policy.policy import Policy

from .bootstrap import Statistic
from .metric_range import floor_problem
from .paired import Array, Paired
from .project_metric import value_of, value_of_mean
from .weighted import statistic

Metrics = Mapping[str, Callable[..., float]]
"""What a project defines: name to a function of truth, answers and probability of the positive class (or None)."""

LOOPED = 200
"""Resamples of a metric that has no vectorised form: the project's own, which is a function of rows."""

STANDARD = {
    "two classes": (
        "roc_auc",
        "average_precision",
        "accuracy",
        "balanced_accuracy",
        "precision",
        "recall",
        "f1",
        "neg_log_loss",
        "neg_brier_score",
    ),
    "many classes": ("roc_auc_ovr", "accuracy", "balanced_accuracy", "f1_macro", "neg_log_loss"),
    "regression": ("r2", "neg_mean_absolute_error", "neg_root_mean_squared_error"),
}
_TWO_CLASSES_ONLY = {
    "average_precision",
    "f1",
    "jaccard",
    "neg_negative_likelihood_ratio",
    "positive_likelihood_ratio",
    "precision",
    "recall",
    "roc_auc",
}
_REGRESSION = {"r2", "explained_variance", "d2_absolute_error_score"}
_NEITHER = {
    "adjusted_mutual_info_score",
    "adjusted_rand_score",
    "completeness_score",
    "fowlkes_mallows_score",
    "homogeneity_score",
    "mutual_info_score",
    "normalized_mutual_info_score",
    "rand_score",
    "v_measure_score",
}
_NEGATIVE_OF_CLASSIFICATION = {"neg_log_loss", "neg_brier_score", "neg_negative_likelihood_ratio"}


@dataclass(frozen=True)
class Metric:
    """A metric; `function` is the project's own, None for a scikit-learn scorer."""

    name: str
    function: Callable[..., float] | None = None

    def value(self, paired: Paired) -> float:
        """Return the metric on these rows, NaN where it is undefined.

        Raises ProjectError when the project's function raises, returns no number, or returns a sum.
        """
        if self.function is not None:
            return value_of_mean(self.name, self.function, paired)
        fast = statistic(self.name, paired) if paired.one_class else None
        if fast is not None:  # scikit-learn has no log loss of a single class
            return float(fast(np.ones((1, paired.rows)))[0])
        rows = np.arange(paired.rows).reshape(-1, 1)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                return float(get_scorer(self.name)(_replay(paired), rows, paired.truth))
            except (
                ValueError,
                AttributeError,
            ):  # undefined on these rows, or asks for what the model does not give
                return float("nan")

    def tells(self, paired: Paired) -> bool:
        """Whether some answers to these rows are better than others by it: of a single outcome it may know none."""
        if self.function is not None or not paired.one_class:
            return True
        right = self.value(paired.answered(paired.truth))
        wrong = self.value(paired.answered((paired.truth + 1) % len(paired.classes)))
        return bool(np.isfinite(right) and right > wrong)

    def statistic(self, paired: Paired) -> Statistic:
        """Return the metric as a function of row counts: vectorised where it can be, else resample by resample."""
        fast = None if self.function is not None else statistic(self.name, paired)
        if fast is not None:
            return fast

        def looped(counts: Array) -> Array:
            return np.array([self._resampled(paired, row) for row in counts])

        return Statistic(looped, most=LOOPED)

    def _resampled(self, paired: Paired, counts: Array) -> float:
        drawn = paired.take(np.repeat(np.arange(paired.rows), counts.astype(np.int64)))
        try:
            return self.value(drawn) if self.function is None else value_of(self.name, self.function, drawn)
        except ProjectError:
            return float("nan")


def find_metric(name: str, metrics: Metrics) -> Metric:
    """Return the metric of this name, which `check_metric_names` knows to exist."""
    return Metric(name, metrics.get(name))


def standard_names(paired: Paired) -> tuple[str, ...]:
    """Return the metrics that are measured of every model of this kind."""
    if not paired.classes:
        return STANDARD["regression"]
    return STANDARD["two classes" if paired.binary else "many classes"]


def scorer_names() -> list[str]:
    """Return the scikit-learn scorers that a policy may name: those of a classification or a regression."""
    return [name for name in get_scorer_names() if name not in _NEITHER and not name.endswith("_samples")]


def check_metric_names(policy: Policy, metrics: Metrics, contract: Contract | None = None) -> None:
    """Check that every metric that the policy names exists and, given the contract, fits its outcome.

    Raises PolicyError naming the key and close matches.
    """
    scorers = scorer_names()
    if doubled := sorted(set(metrics) & set(scorers)):
        raise PolicyError(
            f"model.py defines the metric {doubled[0]}, and scikit-learn has one of that name.",
            next_step="give the project's metric another name",
        )
    floors = {f"gates.performance.floors.{name}": name for name in policy.gates.performance.floors} | {
        f"gates.performance.slices.{position}.floors.{name}": name
        for position, part in enumerate(policy.gates.performance.slices)
        for name in part.floors
    }
    judged = {
        "training.search.metric": policy.training.search.metric,
        "gates.performance.metric": policy.gates.performance.metric,
    } | floors
    known = sorted({*scorers, *metrics})
    for key, name in (
        judged | {"monitoring.performance.metric": policy.monitoring.performance.metric}
    ).items():
        if name not in known:
            close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
            raise PolicyError(
                f"{key} names the metric {name}, and there is none of that name.",
                next_step=f"use {' or '.join(close)}" if close else f"use one of {', '.join(known)}",
            )
    asked = [*policy.gates.performance.floors.items()]
    asked += [pair for part in policy.gates.performance.slices for pair in part.floors.items()]
    for key, (name, floor) in zip(floors, asked, strict=True):
        if name not in metrics and (problem := floor_problem(name, floor)):
            raise PolicyError(f"{key} is {floor:g}, and {problem}.", value=floor, next_step=f"correct {key}")
    if contract is None:
        return
    for key, name in judged.items():
        _check_fit(key, name, metrics, contract)


def check_watched_metric(policy: Policy, metrics: Metrics, contract: Contract) -> None:
    """Raise PolicyError when the monitors' metric does not fit the outcome: they would never judge by it."""
    _check_fit("monitoring.performance.metric", policy.monitoring.performance.metric, metrics, contract)


def _check_fit(key: str, name: str, metrics: Metrics, contract: Contract) -> None:
    if name not in metrics and (instead := _misfit(name, contract)):
        raise PolicyError(
            f"{key} is {name}, which does not fit the outcome {contract.outcome.name}.",
            next_step=f"set {key} to a metric such as {instead}",
        )


def _misfit(name: str, contract: Contract) -> str:
    regression = name in _REGRESSION or (name.startswith("neg_") and name not in _NEGATIVE_OF_CLASSIFICATION)
    if contract.task == "regression":
        return "" if regression else "r2"
    if regression:
        return "accuracy"
    many = len(contract.outcome.categories) > 2
    return "roc_auc_ovr" if many and name in _TWO_CLASSES_ONLY else ""


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
