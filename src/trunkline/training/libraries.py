"""Estimators of other libraries: labels, early stopping, threads and copies, as scikit-learn's own have them."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from inspect import signature
from typing import Any, NamedTuple

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, is_classifier
from sklearn.utils import _safe_indexing

from .stopping import BOOSTED, Stopped, Way, draws_itself, held_out


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
    weighing: str = ""
    """What `fit` calls the weights of the rows that decide when to stop."""


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
        weighing="eval_sample_weight",
    ),
    "skorch": Library(quiet=("verbose",), silent=0),
    "xgboost": Library(
        ("early_stopping_rounds",),
        quiet=("verbosity",),
        silent=0,
        fitting={"verbose": False},
        weighing="sample_weight_eval_set",
    ),
}


def library_of(estimator: Any) -> str:
    """Return the library of this table that an estimator is of, or holds one of; empty where it is none."""
    held = [estimator, *_params(estimator).values()]
    return next((name for one in held for kind in type(one).__mro__ if (name := _top(kind)) in LIBRARIES), "")


def taken_in(estimator: Any, *, seed: int, way: Way = "drawn") -> Any:
    """Return an estimator of another library as one that is copied, fitted and asked like scikit-learn's.

    `way` says which rows it holds out where it stops early.
    """
    if not library_of(estimator):
        own = type(estimator) in BOOSTED and way != "drawn"
        return Stopped(estimator, seed, way) if own else estimator
    kind = TakenClassifier if is_classifier(estimator) else TakenRegressor
    return kind(copied(estimator), seed, way)


def stops_early(estimator: Any) -> bool:
    """Whether an estimator of another library is to stop early."""
    name, params = _top(type(estimator)), estimator.get_params(deep=False)
    return name in LIBRARIES and any(params.get(key) not in (None, False, 0) for key in LIBRARIES[name].early)


def copied(estimator: Any) -> Any:
    """Return an unfitted copy; scikit-learn's `clone` refuses those that copy what they are given (CatBoost)."""
    if _top(type(estimator)) not in LIBRARIES:
        from sklearn.base import clone

        return clone(estimator)
    return type(estimator)(**copy.deepcopy(estimator.get_params(deep=False)))


def drawing(model: Any, rows: int) -> Iterable[str]:
    """Return the classes within a model that stop early by rows which they draw, with no regard to time or group."""
    if isinstance(model, Taken):
        return (
            [type(model.estimator).__name__] if model.way == "drawn" and stops_early(model.estimator) else []
        )
    return draws_itself(model, rows)


class Taken(BaseEstimator):  # type: ignore[misc]
    """An estimator of another library. Its parameters are that estimator's own, also those that it does not list.

    Where it is to stop early, a tenth of the rows is held out for that, always the same ones.
    """

    def __init__(self, estimator: Any, seed: int = 0, way: Way = "drawn") -> None:
        self.estimator = estimator
        self.seed = seed
        self.way = way

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the estimator's."""
        return dict(self.estimator.get_params(deep=deep))

    def set_params(self, **params: Any) -> Taken:
        """Set the estimator's."""
        self.estimator.set_params(**params)
        return self

    def __sklearn_clone__(self) -> Taken:
        return type(self)(copied(self.estimator), self.seed, self.way)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "estimator_")

    def _fitted(self, X: Any, y: Any, weights: Any, units: Any) -> Any:
        """Return a fitted copy; `y` is encoded already."""
        made = copied(self.estimator)
        _prepared(made)
        beside = {} if weights is None else {"sample_weight": weights}
        made, told = _without(made)
        return _settled(
            self._learned(made, X, y, beside, told, units)
            if stops_early(made)
            else made.fit(X, y, **told, **beside)
        )

    def _learned(
        self, made: Any, X: Any, y: Any, beside: Mapping[str, Any], told: Mapping[str, Any], units: Any
    ) -> Any:
        """Return an estimator that was fitted to nine tenths of the rows, and stopped by the others."""
        weights = beside.get("sample_weight")
        learned, held = held_out(
            y,
            way=self.way,
            seed=self.seed,
            stratified=isinstance(self, ClassifierMixin),
            units=units,
            weights=weights,
        )
        library = LIBRARIES[_top(type(made))]
        kept = {name: _safe_indexing(values, learned) for name, values in beside.items()}
        check = (_safe_indexing(X, held), y[held])
        kept |= {**told, **library.fitting}
        if weights is not None and library.weighing:
            kept[library.weighing] = [_safe_indexing(weights, held)]
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

    def fit(self, X: Any, y: Any, sample_weight: Any = None, stopping_units: Any = None) -> TakenClassifier:
        """Fit a copy of the estimator to the numbers of the classes."""
        self.classes_, numbers = np.unique(np.asarray(y), return_inverse=True)
        self.estimator_ = self._fitted(X, numbers.astype(np.int64), sample_weight, stopping_units)
        return self

    def predict_proba(self, X: Any) -> np.ndarray[Any, Any]:
        """Return probabilities of shape (rows, classes)."""
        return np.asarray(self.estimator_.predict_proba(X, **self._asking), dtype=np.float64)

    def predict(self, X: Any) -> np.ndarray[Any, Any]:
        """Return the likeliest class of each row."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])


class TakenRegressor(RegressorMixin, Taken):  # type: ignore[misc]
    """The same for numbers."""

    def fit(self, X: Any, y: Any, sample_weight: Any = None, stopping_units: Any = None) -> TakenRegressor:
        """Fit a copy of the estimator."""
        self.estimator_ = self._fitted(X, np.asarray(y, dtype=np.float64), sample_weight, stopping_units)
        return self

    def predict(self, X: Any) -> np.ndarray[Any, Any]:
        """Return one number a row."""
        return np.asarray(self.estimator_.predict(X, **self._asking), dtype=np.float64).reshape(-1)


def _prepared(estimator: Any) -> None:
    """Set one thread and silence in every estimator of these libraries that says nothing of them.

    With as many threads as a machine has, sums are made in another order there, and the model is another one.
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


def _all(estimator: Any) -> Iterable[Any]:
    # Of skorch, callbacks have settings too, and do not learn.
    held = _params(estimator).values()
    return [estimator, *(one for one in held if hasattr(one, "set_params") and hasattr(one, "fit"))]


def _params(estimator: Any) -> dict[str, Any]:
    return dict(estimator.get_params(deep=True)) if hasattr(estimator, "get_params") else {}


def _top(kind: type) -> str:
    return kind.__module__.partition(".")[0]
