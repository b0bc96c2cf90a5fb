"""Groups of people: the rows cut by protected attributes."""

from __future__ import annotations

import math
from itertools import combinations, pairwise, product

import numpy as np
import pandas as pd

from trunkline.core.contract import Column, Contract, as_label
from trunkline.core.errors import DataError
from trunkline.inputs import input_of
from trunkline.measure.paired import Array

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
