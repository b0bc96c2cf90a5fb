"""Groups of people: the rows cut by protected attributes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations, pairwise, product

import numpy as np
import pandas as pd

from trunkline.core.contract import Column, Contract, as_label
from trunkline.core.errors import DataError
from trunkline.core.figures import Figure, Interval
from trunkline.inputs import input_of
from trunkline.measure.area import area_effect, area_interval
from trunkline.measure.bootstrap import draw, interval
from trunkline.measure.intervals import LEVEL
from trunkline.measure.metrics import LightMetric
from trunkline.measure.paired import Array, Paired
from trunkline.measure.simultaneous import means
from trunkline.measure.sums import mean
from trunkline.measure.users import Users, repeated
from trunkline.measure.worth import share_interval

MISSING = "missing"
SKEWED = 1000
"""Rows up to which a mean of skewed errors is not yet spread evenly around its true value."""


def attribute(frame: pd.DataFrame, column: Column) -> Array:
    """Return each row's group by one protected attribute, as text of shape (n,).

    Numbers are cut at the column's bands (`18 to <25`), or at their quartiles where the contract names no bands.
    Null is a group of its own. Raises DataError when the frame lacks the column.
    """
    if column.name not in frame.columns:
        raise DataError(f"The rows have no column {column.name}, and the contract protects it.")
    values = frame[column.name]
    empty = np.asarray(values.isna(), dtype=bool)
    if input_of(column).quantity:
        numbers = np.asarray(pd.to_numeric(values), dtype=np.float64)
        groups = _bands(numbers, column.bands)
    else:
        groups = np.array([as_label(value) for value in values.astype(object)], dtype=object)
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
    rate where one outcome is the positive one. Regression: absolute and mean error. Because there are many groups,
    intervals are in closed form: Wilson's of rates, Newcombe's of areas, Student's of mean errors over many rows; of
    mean errors over few, the bootstrap's. Where users repeat, rows count as what they are worth.
    """
    judged = {group: mask for by in masks.values() for group, mask in by.items() if mask.sum() >= minimum}
    if "amounts" in paired.traits:
        return _errors(paired, judged, resamples=resamples, seed=seed)
    if "classes" not in paired.traits:
        return ()
    return tuple(figure for group, mask in judged.items() for figure in _of_group(paired, group, mask))


def _errors(paired: Paired, judged: Mapping[str, Array], *, resamples: int, seed: int) -> tuple[Figure, ...]:
    """Return the mean absolute error, negative as scikit-learn has it, and the mean error of each group."""
    residual = paired.labels - paired.truth
    figures = []
    for group, mask in judged.items():
        rows = int(mask.sum())
        who = None if paired.users is None else repeated(paired.users[mask])
        for name, values in (
            ("neg_mean_absolute_error", -np.abs(residual[mask])),
            ("mean_error", residual[mask]),
        ):
            if rows <= SKEWED:
                drawn = draw({"": mean(values)}, rows=rows, resamples=resamples, seed=seed, users=who)[""]
                span = interval(drawn, users=who)
            else:
                ends = means([values], LEVEL, None if who is None else [who])
                low, high = float(ends.lows[0]), float(ends.highs[0])
                span = Interval(low=low, high=high) if np.isfinite([low, high]).all() else None
            figures.append(
                Figure(name=name, value=float(values.mean()), rows=rows, interval=span, group=group)
            )
    return tuple(figures)


def _of_group(paired: Paired, group: str, mask: Array) -> list[Figure]:
    """Return a group's rates and area, each with the number of rows it is taken over."""
    right = paired.labels == paired.truth
    if "positive" not in paired.traits:
        return _rates(group, {"accuracy": (right, mask)}, paired.users)
    selected, positive = paired.labels == paired.positive, paired.truth == paired.positive
    shares = {"selection_rate": (selected, mask), "accuracy": (right, mask)}
    if "two classes" not in paired.traits:
        return _rates(group, shares, paired.users)
    shares |= {
        "true_positive_rate": (selected, mask & positive),
        "false_positive_rate": (selected, mask & ~positive),
    }
    figures = _rates(group, shares, paired.users)
    if paired.probabilities is not None:
        area = LightMetric("roc_auc").value(paired.take(mask))
        if np.isfinite(area):
            ups, rows = int((mask & positive).sum()), int(mask.sum())
            alike = 1.0 if paired.users is None else area_effect(paired.take(mask))
            span = area_interval(area, ups / alike, (rows - ups) / alike)
            figures.append(Figure(name="roc_auc", value=area, rows=rows, interval=span, group=group))
    return figures


def _rates(group: str, shares: Mapping[str, tuple[Array, Array]], users: Users | None) -> list[Figure]:
    figures = []
    for name, (part, whole) in shares.items():
        hits, rows = int((part & whole).sum()), int(whole.sum())
        if rows:
            span = share_interval(part[whole], None if users is None else users[whole])
            figures.append(Figure(name=name, value=hits / rows, rows=rows, interval=span, group=group))
    return figures


def _masks(column: Column, labels: Array) -> dict[str, Array]:
    found = sorted(set(labels))
    if input_of(column).quantity:
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
