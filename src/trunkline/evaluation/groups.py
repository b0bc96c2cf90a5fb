"""Groups of people: the rows cut by protected attributes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations, pairwise, product

import numpy as np
import pandas as pd

from trunkline.core.contract import Column, Contract
from trunkline.core.errors import DataError
from trunkline.core.records import Figure

from .bootstrap import Statistic, draw, interval
from .metrics import Metric
from .scored import Array, Paired
from .weighted import mean, share, within

MISSING = "missing"


def attribute(frame: pd.DataFrame, column: Column) -> Array:
    """Return each row's group by one protected attribute, as text of shape (n,).

    Numbers are cut at the column's bands (`18 to <25`), or at their quartiles where the contract names no bands.
    Null is a group of its own. Raises DataError when the frame lacks the column.
    """
    if column.name not in frame.columns:
        raise DataError(f"The rows have no column {column.name}, and the contract protects it.")
    values = frame[column.name]
    empty = np.asarray(values.isna(), dtype=bool)
    if column.type in ("integer", "number"):
        numbers = np.asarray(pd.to_numeric(values), dtype=np.float64)
        groups = _bands(numbers, column.bands)
    elif column.type == "boolean":
        groups = np.where(np.asarray(values.fillna(False), dtype=bool), "true", "false").astype(object)
    else:
        groups = np.asarray(values.astype(object).astype(str), dtype=object)
    groups[empty] = MISSING
    return groups


def groups(frame: pd.DataFrame, contract: Contract) -> dict[str, dict[str, Array]]:
    """Return for each protected attribute, and each two of them, its groups as masks of shape (n,).

    Keys are `colour` and `colour=Black`; for two attributes `colour & sex` and `colour=Black & sex=Male`.
    """
    single = {column.name: _masks(column, attribute(frame, column)) for column in contract.protected}
    crossed = {
        f"{first} & {second}": {
            f"{one} & {other}": mask & single[second][other]
            for (one, mask), other in product(single[first].items(), single[second])
            if (mask & single[second][other]).any()
        }
        for first, second in combinations(single, 2)
    }
    return single | crossed


def group_figures(
    paired: Paired,
    masks: Mapping[str, Mapping[str, Array]],
    *,
    minimum: int,
    resamples: int,
    seed: int,
) -> tuple[Figure, ...]:
    """Return what is measured of every group of at least `minimum` rows, with intervals.

    Two classes: selection, true and false positive rates, accuracy, AUC. Many classes: accuracy, and the selection
    rate where one outcome is the positive one. Regression: absolute and mean error.
    """
    wanted: dict[tuple[str, str], tuple[Statistic, int]] = {}
    for by in masks.values():
        for group, mask in by.items():
            if mask.sum() >= minimum:
                wanted |= {(group, name): found for name, found in _of_group(paired, mask).items()}
    keys = {str(position): key for position, key in enumerate(wanted)}
    drawn = draw(
        {number: wanted[key][0] for number, key in keys.items()},
        rows=paired.rows,
        resamples=resamples,
        seed=seed,
    )
    once = np.ones((1, paired.rows))
    figures = []
    for number, (group, name) in keys.items():
        statistic, rows = wanted[group, name]
        value = float(statistic(once)[0])
        if np.isfinite(value):
            figures.append(
                Figure(name=name, value=value, rows=rows, interval=interval(drawn[number]), group=group)
            )
    return tuple(figures)


def _of_group(paired: Paired, mask: Array) -> dict[str, tuple[Statistic, int]]:
    """Return a group's statistics, each with the number of rows it is taken over."""
    rows = int(mask.sum())
    if not paired.classes:
        residual = paired.truth - paired.labels
        return {
            "neg_mean_absolute_error": (within(mask, mean(-np.abs(residual[mask]))), rows),
            "mean_error": (within(mask, mean(-residual[mask])), rows),
        }
    figures = {"accuracy": (share(paired.labels == paired.truth, mask), rows)}
    if paired.positive is None:
        return figures
    selected, positive = paired.labels == paired.positive, paired.truth == paired.positive
    figures = {"selection_rate": (share(selected, mask), rows)} | figures
    if paired.binary:
        ours, others = mask & positive, mask & ~positive
        figures["true_positive_rate"] = (share(selected, ours), int(ours.sum()))
        figures["false_positive_rate"] = (share(selected, others), int(others.sum()))
        if paired.probabilities is not None:
            figures["roc_auc"] = (within(mask, Metric("roc_auc").statistic(paired.take(mask))), rows)
    return figures


def _masks(column: Column, labels: Array) -> dict[str, Array]:
    found = sorted(set(labels))
    if column.type in ("integer", "number"):
        found.sort(key=_least)
    return {f"{column.name}={group}": np.asarray(labels == group, dtype=bool) for group in found}


def _least(band: str) -> float:
    """Return where a band begins, so that bands stand in their order and missing values last."""
    if band == MISSING:
        return math.inf
    return -math.inf if band.startswith("under ") else float(band.split()[0])


def _bands(numbers: Array, bands: tuple[float, ...]) -> Array:
    known = numbers[np.isfinite(numbers)]
    edges = (
        sorted(set(bands))
        if bands
        else sorted(set(np.quantile(known, [0.25, 0.5, 0.75])))
        if len(known)
        else []
    )
    if not edges:
        return np.full(len(numbers), MISSING, dtype=object)
    names = [f"under {edges[0]:g}"]
    names += [f"{low:g} to <{high:g}" for low, high in pairwise(edges)]
    names.append(f"{edges[-1]:g} and over")
    return np.asarray(np.array(names, dtype=object)[np.digitize(np.nan_to_num(numbers), edges)])
