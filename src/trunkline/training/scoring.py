"""The metric of the search: a scikit-learn scorer name, or a metric that the project defines."""

from __future__ import annotations

import difflib
import inspect
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.metrics import get_scorer, get_scorer_names, make_scorer

from trunkline.core.contract import Contract
from trunkline.core.errors import DataError, PolicyError, ProjectError
from trunkline.core.raised import asking

KEY = "training.search.metric"
Metric = Callable[..., float]


@dataclass(frozen=True)
class ProjectScorer:
    """A project's metric `(y_true, y_pred, probability of the positive outcome or None)` as a scorer.

    Raises ProjectError when the metric raises or returns no number.
    """

    name: str
    metric: Metric
    positive: str

    def __call__(self, estimator: Any, X: Any, y: Any) -> float:
        probability = None
        if self.positive:
            known = [str(label) for label in estimator.classes_]
            if self.positive not in known:
                raise ProjectError(
                    f"The model answers {', '.join(known)}, and not the contract's positive outcome {self.positive}.",
                    next_step="name the contract's classes in the estimator's classes_ in model.py",
                )
            place = known.index(self.positive)
            probability = np.asarray(estimator.predict_proba(X))[:, place]
        labels = estimator.predict(X)
        with asking(f"The metric {self.name} raised", "correct metrics() in model.py"):
            return float(self.metric(y, labels, probability))


@dataclass(frozen=True)
class FoldScorer:
    """A scikit-learn scorer that names itself, and what a fold lacks, where it has no value.

    Raises DataError when the rows of a fold cannot be scored: a class is missing from what was learned or is scored.
    """

    name: str
    scorer: Callable[..., float]

    def __call__(self, estimator: Any, X: Any, y: Any) -> float:
        try:
            value, said = float(self.scorer(estimator, X, y)), "it is not a number"
        except ValueError as error:
            value, said = float("nan"), str(error)
        if np.isfinite(value):
            return value
        learned = getattr(estimator, "classes_", ())
        held = (
            f" of {len(y)} rows: classes {_listed(learned)} were learned, {_listed(y)} are scored"
            if len(learned)
            else ""
        )
        raise DataError(
            f"{KEY}: {self.name} has no value on a fold{held} ({said.rstrip('.')}).",
            next_step="use a metric such as accuracy, lower training.search.folds, or take more rows",
        )


def _listed(labels: Any) -> str:
    return ", ".join(sorted({str(label) for label in labels}))


def search_scorer(name: str, contract: Contract, metrics: Mapping[str, Metric], y: np.ndarray) -> Any:
    """Return the scorer that `name` means for this contract; higher is better.

    Scores that ask for a positive label (f1, precision, average precision ...) get the contract's. Raises PolicyError
    that names `training.search.metric` when there is no such metric or it does not fit the outcome `y`.
    """
    if name in metrics:
        return ProjectScorer(name=name, metric=metrics[name], positive=contract.positive)
    names = [*get_scorer_names(), *metrics]
    if name not in names:
        near = difflib.get_close_matches(name, names, n=3)
        raise PolicyError(
            f"{KEY}: there is no metric {name}.",
            value=name,
            next_step=f"use {' or '.join(near)}" if near else "use a scikit-learn scorer name",
        )
    positive = contract.outcome.label(contract.positive) if contract.positive else ""
    scorer = _with_positive(get_scorer(name), positive if contract.outcome.coded else contract.positive)
    try:
        _try(scorer, contract, y)
    except (TypeError, ValueError, AttributeError) as error:
        kind = f"{contract.task} with {len(set(y.tolist()))} outcomes"
        better = {"regression": "r2"}.get(contract.task, "roc_auc_ovr or neg_log_loss")
        raise PolicyError(
            f"{KEY}: {name} cannot be measured for {kind if contract.task == 'classification' else 'regression'}: "
            f"{error}.",
            value=name,
            next_step=f"use {better} in trunkline.yaml",
        ) from error
    return FoldScorer(name, scorer)


def _with_positive(scorer: Any, positive: str | int) -> Any:
    # scikit-learn's scorers take 1 as the positive label, and most outcomes here are words
    function, settings = scorer._score_func, dict(scorer._kwargs)
    asks = "pos_label" in inspect.signature(function).parameters
    if positive == "" or not asks or settings.get("average", "binary") != "binary":
        return scorer
    return make_scorer(
        function,
        response_method=scorer._response_method,
        greater_is_better=scorer._sign > 0,
        **(settings | {"pos_label": positive}),
    )


def _try(scorer: Any, contract: Contract, y: np.ndarray) -> None:
    # no table says which scorer fits which task: asking one that ignores its inputs does
    blank = np.zeros((len(y), 1))
    dummy = DummyRegressor() if contract.task == "regression" else DummyClassifier(strategy="prior")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        score = float(scorer(dummy.fit(blank, y), blank, y))
    if not np.isfinite(score):
        raise ValueError(f"it gives {score}")
