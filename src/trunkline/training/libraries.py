"""Estimators of other libraries: labels, early stopping, threads and copies, as scikit-learn's own have them."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from inspect import signature
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, is_classifier
from sklearn.model_selection import train_test_split
from sklearn.utils import _safe_indexing

HELD_OUT = 0.1
"""The share of the rows on which a library decides when to stop; it learns from the others."""


class Library(NamedTuple):
    """What a library calls its settings; the first name of `quiet` is set where none of them is."""

    early: tuple[str, ...] = ()
    threads: str = "n_jobs"
    quiet: tuple[str, ...] = ()
    silent: Any = None
    also: Mapping[str, Any] = {}
    """Set where the user says nothing of it."""
    to_fit: tuple[str, ...] = ()
    """What `fit` takes, and people give where the estimator is made."""
    fitting: Mapping[str, Any] = {}
    asking: Mapping[str, Any] = {}
    """What `fit` is told where the library is to stop early, and `predict` always."""


LIBRARIES: Mapping[str, Library] = {
    "catboost": Library(
        ("early_stopping_rounds", "od_wait", "od_type"),
        "thread_count",
        ("verbose", "logging_level", "silent", "verbose_eval", "metric_period"),
        False,
        # Else it writes a folder of its own wherever it is started.
        {"allow_writing_files": False},
        asking={"thread_count": 1},
    ),
    "lightgbm": Library(
        ("early_stopping_round", "early_stopping_rounds", "n_iter_no_change", "early_stopping"),
        quiet=("verbose", "verbosity"),
        silent=-1,
        to_fit=("categorical_feature",),
    ),
    "skorch": Library(quiet=("verbose",), silent=0),
    "xgboost": Library(
        ("early_stopping_rounds",), quiet=("verbosity",), silent=0, fitting={"verbose": False}
    ),
}


def library_of(estimator: Any) -> str:
    """Return the library of this table that an estimator is of, or holds one of; empty where it is none."""
    held = [estimator, *_params(estimator).values()]
    return next((name for one in held for kind in type(one).__mro__ if (name := _top(kind)) in LIBRARIES), "")


def taken_in(estimator: Any, *, seed: int) -> Any:
    """Return an estimator of another library as one that is copied, fitted and asked like scikit-learn's."""
    if not library_of(estimator):
        return estimator
    kind = TakenClassifier if is_classifier(estimator) else TakenRegressor
    return kind(copied(estimator), seed)


def copied(estimator: Any) -> Any:
    """Return an unfitted copy; scikit-learn's `clone` refuses those that copy what they are given (CatBoost)."""
    if _top(type(estimator)) not in LIBRARIES:
        from sklearn.base import clone

        return clone(estimator)
    return type(estimator)(**copy.deepcopy(estimator.get_params(deep=False)))


class Taken(BaseEstimator):  # type: ignore[misc]
    """An estimator of another library. Its parameters are that estimator's own, also those that it does not list.

    Where it is to stop early, a tenth of the rows is held out for that, always the same ones.
    """

    def __init__(self, estimator: Any, seed: int = 0) -> None:
        self.estimator = estimator
        self.seed = seed

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the estimator's."""
        return dict(self.estimator.get_params(deep=deep))

    def set_params(self, **params: Any) -> Taken:
        """Set the estimator's."""
        self.estimator.set_params(**params)
        return self

    def __sklearn_clone__(self) -> Taken:
        return type(self)(copied(self.estimator), self.seed)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "estimator_")

    def _fitted(self, X: Any, y: Any, weights: Any) -> Any:
        """Return a fitted copy; `y` is encoded already."""
        made = copied(self.estimator)
        early = _prepared(made)
        beside = {} if weights is None else {"sample_weight": weights}
        made, told = _without(made)
        return _settled(
            self._learned(made, X, y, beside, told) if early else made.fit(X, y, **told, **beside)
        )

    def _learned(self, made: Any, X: Any, y: Any, beside: Mapping[str, Any], told: Mapping[str, Any]) -> Any:
        """Return an estimator that was fitted to nine tenths of the rows, and stopped by the others."""
        learned, held = _held_out(y, self.seed, stratified=isinstance(self, ClassifierMixin))
        kept = {name: _safe_indexing(values, learned) for name, values in beside.items()}
        check = (_safe_indexing(X, held), y[held])
        kept |= {**told, **LIBRARIES[_top(type(made))].fitting}
        if "eval_X" in signature(made.fit).parameters:
            kept |= {"eval_X": check[0], "eval_y": check[1]}
        else:
            kept["eval_set"] = [check]
        return made.fit(_safe_indexing(X, learned), y[learned], **kept)

    @property
    def _asking(self) -> Mapping[str, Any]:
        return LIBRARIES.get(_top(type(self.estimator_)), Library()).asking


class TakenClassifier(ClassifierMixin, Taken):  # type: ignore[misc]
    """The same for classes, which it numbers from 0: not every library takes them as they are."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> TakenClassifier:
        """Fit a copy of the estimator to the numbers of the classes."""
        self.classes_, numbers = np.unique(np.asarray(y), return_inverse=True)
        self.estimator_ = self._fitted(X, numbers.astype(np.int64), sample_weight)
        return self

    def predict_proba(self, X: Any) -> np.ndarray[Any, Any]:
        """Return probabilities of shape (rows, classes)."""
        return np.asarray(self.estimator_.predict_proba(X, **self._asking), dtype=np.float64)

    def predict(self, X: Any) -> np.ndarray[Any, Any]:
        """Return the likeliest class of each row."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])


class TakenRegressor(RegressorMixin, Taken):  # type: ignore[misc]
    """The same for numbers."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> TakenRegressor:
        """Fit a copy of the estimator."""
        self.estimator_ = self._fitted(X, np.asarray(y, dtype=np.float64), sample_weight)
        return self

    def predict(self, X: Any) -> np.ndarray[Any, Any]:
        """Return one number a row."""
        return np.asarray(self.estimator_.predict(X, **self._asking), dtype=np.float64).reshape(-1)


def _prepared(estimator: Any) -> bool:
    """Set one thread and silence in every estimator of these libraries that says nothing of them.

    With as many threads as a machine has, sums are made in another order there, and the model is another one. Return
    whether the estimator itself is to stop early.
    """
    for one in _all(estimator):
        name = _top(type(one))
        if name not in LIBRARIES:
            continue
        library, params = LIBRARIES[name], one.get_params(deep=False)
        unset = {key: value for key, value in library.also.items() if params.get(key) is None}
        if library.threads and name != "skorch" and params.get(library.threads) is None:
            unset[library.threads] = 1
        if library.quiet and all(params.get(key) is None for key in library.quiet):
            unset[library.quiet[0]] = library.silent
        one.set_params(**unset)
    name = _top(type(estimator))
    params = estimator.get_params(deep=False)
    return name in LIBRARIES and any(params.get(key) not in (None, False, 0) for key in LIBRARIES[name].early)


def _without(estimator: Any) -> tuple[Any, dict[str, Any]]:
    """Return an estimator without what `fit` takes, and that."""
    names = LIBRARIES.get(_top(type(estimator)), Library()).to_fit
    params = estimator.get_params(deep=False)
    told = {name: params.pop(name) for name in names if params.get(name) is not None}
    return (type(estimator)(**params) if told else estimator), told


def _settled(estimator: Any) -> Any:
    """Return a fitted estimator that answers in one thread, and does not tell when and where it was fitted."""
    for one in _all(estimator):
        name = _top(type(one))
        if name in ("lightgbm", "xgboost"):
            one.set_params(n_jobs=1)
        if name == "catboost" and one.is_fitted():
            told = one.get_metadata()
            told["model_guid"] = told["train_finish_time"] = ""
    return estimator


def _held_out(y: Any, seed: int, *, stratified: bool) -> tuple[Any, Any]:
    places = np.arange(len(y))
    labels = y if stratified and np.bincount(y).min() >= 2 else None
    learned, held = train_test_split(places, test_size=HELD_OUT, random_state=seed, stratify=labels)
    return np.sort(learned), np.sort(held)


def _all(estimator: Any) -> Iterable[Any]:
    return [estimator, *(one for one in _params(estimator).values() if hasattr(one, "set_params"))]


def _params(estimator: Any) -> dict[str, Any]:
    return dict(estimator.get_params(deep=True)) if hasattr(estimator, "get_params") else {}


def _top(kind: type) -> str:
    return kind.__module__.partition(".")[0]
