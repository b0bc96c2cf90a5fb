"""Stopping: on which rows an estimator decides when to stop early, cut as the snapshot itself is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, clone
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.model_selection import train_test_split
from sklearn.utils import _safe_indexing
from sklearn.utils.metaestimators import available_if

from trunkline.core.contract import Contract, Role

from .folds import user_groups

HELD_OUT = 0.1
"""The share of the rows on which an estimator decides when to stop; it learns from the others."""
UNITS = "stopping_units"
"""The parameter of `fit` that tells how old each row is, or which group it belongs to."""
Way = Literal["drawn", "newest", "groups"]
BOOSTED = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)
AUTOMATIC = 10_000
"""Rows beyond which these stop early unless they are told not to."""


def way_of(method: str, contract: Contract) -> Way:
    """Return which rows are held out under `data.split.method`."""
    if method == "temporal":
        return "newest"
    return "groups" if method == "grouped" and contract.of_role(Role.USER) else "drawn"


def stopping_units(development: pd.DataFrame, contract: Contract, way: Way) -> dict[str, np.ndarray]:
    """Return what the fit of a model gets to hold rows out by, an array of shape (n,); empty where they are drawn.

    A search may hand rows over in another order: age and group go with them.
    """
    if way == "drawn":
        return {}
    if way == "newest":
        return {f"model__{UNITS}": np.arange(len(development))}
    return {f"model__{UNITS}": pd.factorize(user_groups(development, contract))[0]}


def held_out(
    y: np.ndarray,
    *,
    way: Way,
    seed: int,
    stratified: bool,
    units: np.ndarray | None = None,
    weights: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions to learn from and those that decide when to stop, always the same ones.

    *newest* takes the newest tenth, *groups* whole groups that were drawn until they are a tenth. A row of weight 0
    decides nothing. A class that is only among the rows held out is learned instead. Raises ValueError where nothing
    can be held out.
    """
    places = np.arange(len(y))
    counting = places if weights is None else places[np.asarray(weights) > 0]
    wanted = math.ceil(HELD_OUT * len(counting))
    if way == "newest":
        age = counting if units is None else units[counting]
        held = counting[np.argsort(age, kind="stable")][len(counting) - wanted :]
    elif way == "groups" and units is not None:
        names, sizes = np.unique(units[counting], return_counts=True)
        drawn = np.random.default_rng(seed).permutation(len(names))
        enough = int(np.searchsorted(np.cumsum(sizes[drawn]), wanted)) + 1
        held = counting[np.isin(units[counting], names[drawn[:enough]])]
    else:
        labels = np.unique(y[counting], return_inverse=True)[1] if stratified else None
        if labels is not None and np.bincount(labels).min() < 2:
            labels = None
        held = train_test_split(counting, test_size=HELD_OUT, random_state=seed, stratify=labels)[1]
    if stratified:
        held = held[np.isin(y[held], np.delete(y, held))]
    learned = np.setdiff1d(places, held)
    if not len(held) or not len(np.intersect1d(learned, counting)):
        raise ValueError(
            f"nothing can be held out of {len(counting)} rows to stop early by; leave early stopping out"
        )
    return learned, np.sort(held)


class Stopped(BaseEstimator):  # type: ignore[misc]
    """A gradient boosting of scikit-learn's that stops by rows cut as the snapshot is, and not by drawn ones.

    Its parameters are that estimator's own. Where it does not stop early, it is fitted as it is. `estimator_` is what
    answers in production.
    """

    def __init__(self, estimator: Any, seed: int, way: Way) -> None:
        self.estimator = estimator
        self.seed = seed
        self.way = way

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the estimator's."""
        return dict(self.estimator.get_params(deep=deep))

    def set_params(self, **params: Any) -> Stopped:
        """Set the estimator's."""
        self.estimator.set_params(**params)
        return self

    def __sklearn_clone__(self) -> Stopped:
        return type(self)(clone(self.estimator), self.seed, self.way)

    def __sklearn_tags__(self) -> Any:
        return self.estimator.__sklearn_tags__()

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "estimator_")

    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, stopping_units: np.ndarray | None = None
    ) -> Stopped:
        """Fit a copy of the estimator."""
        y, made = np.asarray(y), clone(self.estimator)
        beside = {} if sample_weight is None else {"sample_weight": np.asarray(sample_weight)}
        if stops_early(made, len(y)):
            learned, held = held_out(
                y,
                way=self.way,
                seed=self.seed,
                stratified=isinstance(made, HistGradientBoostingClassifier),
                units=stopping_units,
                weights=beside.get("sample_weight"),
            )
            checked = {f"{name}_val": values[held] for name, values in beside.items()}
            beside = {name: values[learned] for name, values in beside.items()}
            beside |= checked | {"X_val": _safe_indexing(X, held), "y_val": y[held]}
            X, y = _safe_indexing(X, learned), y[learned]
        self.estimator_ = made.fit(X, y, **beside)
        return self

    @property
    def classes_(self) -> Any:
        """Return the classes in the order of the probabilities."""
        return self.estimator_.classes_

    def predict(self, X: Any) -> Any:
        """Return one answer a row."""
        return self.estimator_.predict(X)

    @available_if(lambda self: hasattr(self.estimator, "predict_proba"))  # type: ignore[untyped-decorator]
    def predict_proba(self, X: Any) -> Any:
        """Return probabilities of shape (rows, classes)."""
        return self.estimator_.predict_proba(X)


def stops_early(estimator: Any, rows: int) -> bool:
    """Whether a gradient boosting of scikit-learn's stops early on so many rows."""
    asked = estimator.early_stopping
    return rows > AUTOMATIC if asked == "auto" else bool(asked)


def draws_itself(model: Any, rows: int) -> Iterator[str]:
    """Yield the classes within a model that stop early by rows which they draw themselves, with no regard to time."""
    held = {id(model), id(getattr(model, "estimator", None))} if isinstance(model, Stopped) else set()
    for one in (model, *model.get_params(deep=True).values()):
        if id(one) in held or isinstance(one, type) or not isinstance(one, BaseEstimator):
            continue
        own = one.get_params(deep=False)
        if isinstance(one, BOOSTED):
            stops = stops_early(one, rows)
        elif "early_stopping" in own:
            stops = own["early_stopping"] is True
        else:
            stops = own.get("n_iter_no_change") is not None
        if stops:
            yield type(one).__name__
