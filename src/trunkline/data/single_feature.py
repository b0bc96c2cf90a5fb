"""How well does one column alone predict the outcome: too well means that the answer leaked into it."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.figures import Figure, Interval
from trunkline.inputs import input_of
from trunkline.measure.intervals import deviate
from trunkline.measure.metrics import LightMetric
from trunkline.measure.multiplicity import shared_level
from trunkline.measure.paired import Paired

FOLDS = 5
SEED = 0
MOST_ROWS = 20_000
FINE = 6
"""Rows in a bin of the fine prediction."""
BINS = 256
LEAVES = 30
"""Bins that the coarse prediction starts from, and most groups that its tree makes of them."""
LEAST = 2
"""Rows of a class below which nothing can be said of it."""
Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]
Folds = list[tuple[Codes, Codes]]


def single_feature_scores(rows: pd.DataFrame, contract: Contract) -> tuple[Figure, ...]:
    """Return for each feature how well it alone predicts the outcome: figure `single_feature:<column>`.

    Classification: the area under the ROC curve, greatest over the classes (each against the rest). Regression: R2.
    Both are of out-of-fold predictions (5 folds): for numbers by the better of the mean outcome of a few neighbouring
    rows and a coarse regression tree, so any shape of dependence counts, nulls included; for categories and texts by
    the mean outcome of the value. At most 20,000 rows, chosen with a fixed seed. Intervals: Hanley and McNeil
    (Radiology 143, 1982) for the area, Fisher's z of the correlation for R2; 95 % together over all features and
    classes (Bonferroni). A feature of which nothing can be said is left out.
    """
    return _scores(rows, contract, contract.features, "single_feature")


def event_time_score(rows: pd.DataFrame, contract: Contract) -> Figure | None:
    """Return how well the event time alone predicts the outcome: figure `event_time:<column>`.

    Measured as features are; times written as texts count by their order. None without an event time, or where
    nothing can be said of it.
    """
    time = contract.of_role(Role.TIME)
    if time is None:
        return None
    if not input_of(time).quantity:
        rows = rows.assign(**{time.name: rows[time.name].rank(method="dense")})
    scored = _scores(rows, contract, (time.model_copy(update={"type": "number"}),), "event_time")
    return scored[0] if scored else None


def _scores(
    rows: pd.DataFrame, contract: Contract, columns: tuple[Column, ...], prefix: str
) -> tuple[Figure, ...]:
    if len(rows) > MOST_ROWS:
        rows = rows.sample(MOST_ROWS, random_state=SEED)
    classify = not input_of(contract.outcome).quantity
    targets = _targets(rows[contract.outcome.name], classify)
    level = shared_level(len(columns) * len(targets))
    figures: dict[str, Figure] = {}
    for target in targets:
        folds = _folds(target, classify)
        if folds is None:
            continue
        for column in columns:
            name = f"{prefix}:{column.name}"
            predicted = _out_of_fold(rows[column.name], column, target, folds)
            measure = _area if classify else _r2
            figure = measure(name, target, predicted, level)
            if name not in figures or figure.value > figures[name].value:
                figures[name] = figure
    return tuple(figures.values())


def _targets(outcome: pd.Series, classify: bool) -> list[Floats]:
    if not classify:
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


def _folds(target: Floats, classify: bool) -> Folds | None:
    if len(target) < 2 * FOLDS or np.ptp(target) == 0:
        return None
    # Two seconds to import, which a verb that judges no data does not spend.
    from sklearn.model_selection import KFold, StratifiedKFold

    smallest = int(min(target.sum(), len(target) - target.sum())) if classify else len(target)
    splitter = (StratifiedKFold if classify else KFold)(min(FOLDS, smallest), shuffle=True, random_state=SEED)
    return list(splitter.split(target, target))


def _out_of_fold(values: pd.Series, column: Column, target: Floats, folds: Folds) -> Floats:
    if not input_of(column).quantity:
        return _by_code(pd.factorize(values)[0] + 1, target, folds)
    numbers = np.asarray(values.astype("Float64").to_numpy("float64", na_value=np.nan), dtype=np.float64)
    # A fine prediction finds an exact copy; a coarse one does not drown a loose dependence in noise.
    fine = _by_code(_binned(numbers, max(2, len(numbers) // FINE)), target, folds)
    coarse = _by_tree(_binned(numbers, BINS), target, folds)
    return min(fine, coarse, key=lambda tried: float(((target - tried) ** 2).sum()))


def _binned(numbers: Floats, bins: int) -> Codes:
    """Return the bin of each number, in order, equal ones together; 0 holds the nulls."""
    known = ~np.isnan(numbers)
    if not known.any():
        return np.zeros(len(numbers), dtype=np.intp)
    edges = np.unique(np.quantile(numbers[known], np.linspace(0, 1, bins + 1)[1:-1]))
    return np.where(known, np.searchsorted(edges, numbers, side="left") + 1, 0)


def _by_code(codes: Codes, target: Floats, folds: Folds) -> Floats:
    predicted, size = np.empty(len(target)), int(codes.max()) + 1
    for learn, ask in folds:
        rows = np.bincount(codes[learn], minlength=size)
        sums = np.bincount(codes[learn], target[learn], minlength=size)
        means = np.where(rows, sums / np.maximum(rows, 1), target[learn].mean())
        predicted[ask] = means[codes[ask]]
    return predicted


def _by_tree(codes: Codes, target: Floats, folds: Folds) -> Floats:
    from sklearn.tree import DecisionTreeRegressor

    predicted, size = np.empty(len(target)), int(codes.max()) + 1
    for learn, ask in folds:
        rows = np.bincount(codes[learn], minlength=size)
        there = np.flatnonzero(rows)
        sums = np.bincount(codes[learn], target[learn], minlength=size)
        tree = DecisionTreeRegressor(min_weight_fraction_leaf=1 / LEAVES, random_state=SEED)
        tree.fit(there.reshape(-1, 1), sums[there] / rows[there], sample_weight=rows[there])
        predicted[ask] = tree.predict(np.arange(size).reshape(-1, 1))[codes[ask]]
    return predicted


def _area(name: str, target: Floats, predicted: Floats, level: float) -> Figure:
    n, positives = len(target), int(target.sum())
    negatives = n - positives
    chances = np.stack([1 - predicted, predicted], axis=1)
    a = _value("roc_auc", Paired(target.astype(int), predicted > 0.5, chances, ("other", "this")))
    q1, q2 = a / (2 - a), 2 * a * a / (1 + a)
    variance = (a * (1 - a) + (positives - 1) * (q1 - a * a) + (negatives - 1) * (q2 - a * a)) / (
        positives * negatives
    )
    half = deviate(level) * math.sqrt(max(variance, 0.0))
    interval = Interval(low=max(0.0, a - half), high=min(1.0, a + half), level=level)
    return Figure(name=name, value=a, rows=n, interval=interval)


def _r2(name: str, target: Floats, predicted: Floats, level: float) -> Figure:
    n = len(target)
    r2 = max(0.0, _value("r2", Paired(target, predicted, None)))
    z = math.atanh(math.sqrt(min(r2, 1 - 1e-12)))
    half = deviate(level) / math.sqrt(n - 3)
    low, high = math.tanh(max(z - half, 0.0)) ** 2, math.tanh(z + half) ** 2
    interval = Interval(low=min(low, r2), high=max(high, r2), level=level)
    return Figure(name=name, value=r2, rows=n, interval=interval)


def _value(name: str, paired: Paired) -> float:
    return LightMetric(name).value(paired)
