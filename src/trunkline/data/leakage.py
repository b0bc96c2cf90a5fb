"""How well does one feature alone predict the outcome: too well means that the answer leaked into it."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.tree import DecisionTreeRegressor

from trunkline.core.contract import Column, Contract
from trunkline.core.records import Figure, Interval

FOLDS = 5
SEED = 0
MOST_ROWS = 20_000
FINE, COARSE = 5, 30
"""Least rows in a leaf of the fine tree, and most leaves of the coarse one."""
LEAST = 2
"""Rows of a class below which nothing can be said of it."""
Floats = npt.NDArray[np.float64]


def single_feature_scores(rows: pd.DataFrame, contract: Contract) -> tuple[Figure, ...]:
    """Return for each feature how well it alone predicts the outcome: figure `single_feature:<column>`.

    Classification: the area under the ROC curve, greatest over the classes (each against the rest). Regression: R2.
    Both are of out-of-fold predictions (5 folds): for numbers by the better of a fine and a coarse regression tree on
    the one feature, so any shape of dependence counts, nulls included; for categories and texts by the mean outcome
    of the value. At most 20,000 rows, chosen with a fixed seed. Intervals: Hanley and McNeil (Radiology 143, 1982)
    for the area, Fisher's z of the correlation for R2; 95 % together over all features and classes (Bonferroni).
    A feature of which nothing can be said is left out.
    """
    if len(rows) > MOST_ROWS:
        rows = rows.sample(MOST_ROWS, random_state=SEED)
    outcome = rows[contract.outcome.name]
    targets = _targets(outcome, contract)
    level = 1 - 0.05 / max(1, len(contract.features) * len(targets))
    figures = []
    for column in contract.features:
        scored = [_score(rows[column.name], column, target, contract, level) for target in targets]
        if best := max(
            (figure for figure in scored if figure), key=lambda figure: figure.value, default=None
        ):
            figures.append(best)
    return tuple(figures)


def _targets(outcome: pd.Series, contract: Contract) -> list[Floats]:
    if contract.task == "regression":
        return [np.asarray(outcome, dtype=np.float64)]
    labels = outcome.astype(str)
    counts = labels.value_counts()
    classes = sorted(
        str(name) for name, count in counts.items() if count >= LEAST and len(labels) - count >= LEAST
    )
    # With two classes the second says the same as the first.
    return [
        np.asarray(labels == name, dtype=np.float64)
        for name in (classes[:1] if len(counts) == 2 else classes)
    ]


def _score(
    values: pd.Series, column: Column, target: Floats, contract: Contract, level: float
) -> Figure | None:
    name = f"single_feature:{column.name}"
    n = len(target)
    if n < 2 * FOLDS or np.ptp(target) == 0:
        return None
    predicted = _out_of_fold(values, column, target, contract.task == "classification")
    if contract.task == "regression":
        r2 = 1 - float(((target - predicted) ** 2).sum() / ((target - target.mean()) ** 2).sum())
        return Figure(name=name, value=max(r2, 0.0), rows=n, interval=_interval_of_r2(max(r2, 0.0), n, level))
    area = float(roc_auc_score(target, predicted))
    positives = int(target.sum())
    return Figure(name=name, value=area, rows=n, interval=_interval_of_auc(area, positives, n, level))


def _out_of_fold(values: pd.Series, column: Column, target: Floats, stratified: bool) -> Floats:
    smallest = int(min(target.sum(), len(target) - target.sum())) if stratified else len(target)
    splitter = (StratifiedKFold if stratified else KFold)(
        min(FOLDS, smallest), shuffle=True, random_state=SEED
    )
    folds = list(splitter.split(target, target))
    predicted = np.empty(len(target))
    if column.type in ("category", "text"):
        codes = pd.factorize(values)[0]
        for learn, ask in folds:
            means = pd.Series(target[learn]).groupby(codes[learn]).mean()
            predicted[ask] = pd.Series(codes[ask]).map(means).fillna(target[learn].mean()).to_numpy()
        return predicted
    inputs = values.astype("Float64").to_numpy("float64", na_value=np.nan).reshape(-1, 1)
    tries = []
    # A fine tree finds an exact copy; a coarse one does not drown a loose dependence in noise.
    for tree in (
        DecisionTreeRegressor(min_samples_leaf=FINE, random_state=SEED),
        DecisionTreeRegressor(min_samples_leaf=max(FINE, len(target) // COARSE), random_state=SEED),
    ):
        for learn, ask in folds:
            predicted[ask] = tree.fit(inputs[learn], target[learn]).predict(inputs[ask])
        tries.append(predicted.copy())
    return min(tries, key=lambda tried: float(((target - tried) ** 2).sum()))


def _interval_of_auc(area: float, positives: int, n: int, level: float) -> Interval:
    a, negatives = area, n - positives
    q1, q2 = a / (2 - a), 2 * a * a / (1 + a)
    variance = (a * (1 - a) + (positives - 1) * (q1 - a * a) + (negatives - 1) * (q2 - a * a)) / (
        positives * negatives
    )
    half = NormalDist().inv_cdf(0.5 + level / 2) * math.sqrt(max(variance, 0.0))
    return Interval(low=max(0.0, a - half), high=min(1.0, a + half), level=level)


def _interval_of_r2(r2: float, n: int, level: float) -> Interval:
    z = math.atanh(math.sqrt(min(r2, 1 - 1e-12)))
    half = NormalDist().inv_cdf(0.5 + level / 2) / math.sqrt(n - 3)
    return Interval(low=math.tanh(max(z - half, 0.0)) ** 2, high=math.tanh(z + half) ** 2, level=level)
