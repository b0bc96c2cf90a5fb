"""How well does one column alone predict the outcome: too well means that the answer leaked into it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.figures import Figure
from trunkline.inputs import input_of
from trunkline.measure.multiplicity import shared_level
from trunkline.tasks import outcomes_of
from trunkline.tasks.outcomes import Codes, Floats

FOLDS = 5
SEED = 0
MOST_ROWS = 20_000
FINE = 6
"""Rows in a bin of the fine prediction."""
BINS = 256
LEAVES = 30
"""Bins that the coarse prediction starts from, and most groups that its tree makes of them."""
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
    outcomes = outcomes_of(contract)
    targets = outcomes.targets(rows[contract.outcome.name])
    level = shared_level(len(columns) * len(targets))
    figures: dict[str, Figure] = {}
    for target in targets:
        if len(target) < 2 * FOLDS or np.ptp(target) == 0:
            continue
        folds = outcomes.folds(target, FOLDS, SEED)
        for column in columns:
            name = f"{prefix}:{column.name}"
            predicted = _out_of_fold(rows[column.name], column, target, folds)
            figure = outcomes.told(name, target, predicted, level)
            if name not in figures or figure.value > figures[name].value:
                figures[name] = figure
    return tuple(figures.values())


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
