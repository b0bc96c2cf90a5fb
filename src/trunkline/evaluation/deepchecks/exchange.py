"""What deepchecks is given: rows and answers as JSON files that any Python can read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from trunkline.core.contract import Contract, Role, as_label
from trunkline.core.gates import Suite

from ..scored import Array, Scored, truth_of

REQUEST = "request.json"
SEED = 20
NUMERIC = ("integer", "number")


def drawn(rows: pd.DataFrame, most: int) -> pd.DataFrame:
    """Return at most that many rows, drawn with a fixed seed and in their order."""
    if len(rows) <= most:
        return rows
    chosen = np.random.default_rng(SEED).choice(len(rows), most, replace=False)
    return rows.iloc[np.sort(chosen)].reset_index(drop=True)


def date_column(contract: Contract, rows: Sequence[pd.DataFrame], *, temporal: bool) -> str:
    """Return the column of the event time where the split is by it and every value reads as an ISO date, else ""."""
    column = contract.of_role(Role.TIME)
    if not temporal or column is None or column.type in (*NUMERIC, "boolean"):
        return ""
    dates = pd.concat([_dates(frame[column.name]) for frame in rows])
    return "" if dates.isna().any() else column.name


def write_exchange(
    folder: Path,
    train: Scored,
    test: Scored,
    contract: Contract,
    *,
    left_out: Mapping[Suite, Sequence[str]],
    date: str = "",
) -> Path:
    """Write `request.json`, `train.json` and `test.json` into the folder and return the request's path.

    Features, outcome and, where it is given, `date` cross; keys, users and attributes kept for audits do not. Of two
    classes the positive one must sort last, because deepchecks takes that one for positive: where it does not, both
    are numbered. Raises DataError when an outcome is null.
    """
    parts = {"train": train, "test": test}
    classes = _classes(parts.values(), contract)
    names = dict(zip(classes, classes, strict=True))
    if len(classes) == 2 and contract.positive == classes[0]:
        classes.reverse()
        names = {name: f"{place}: {name}" for place, name in enumerate(classes)}
    features = {column.name: column.type for column in contract.features}
    regression = contract.task == "regression"
    _write(
        folder / REQUEST,
        {
            "task": "regression" if regression else "binary" if len(classes) == 2 else "multiclass",
            "label": contract.outcome.name,
            "classes": [names[name] for name in classes],
            "features": list(features),
            "categorical": [name for name, kind in features.items() if kind in ("category", "boolean")],
            "texts": [name for name, kind in features.items() if kind == "text"]
            + ([] if regression else [contract.outcome.name]),
            "date": date,
            "suites": {suite: list(checks) for suite, checks in left_out.items()},
        },
    )
    for part, scored in parts.items():
        columns = {name: _values(scored.frame[name], kind) for name, kind in features.items()}
        truth = truth_of(scored.frame, contract)
        columns[contract.outcome.name] = (
            [float(value) for value in truth] if regression else [names[str(value)] for value in truth]
        )
        if date:
            columns[date] = [moment.isoformat() for moment in _dates(scored.frame[date])]
        answers = {
            "columns": columns,
            "predictions": [float(value) for value in scored.labels]
            if regression
            else [names[str(value)] for value in scored.labels],
            "probabilities": None if regression else _probabilities(scored, classes),
        }
        _write(folder / f"{part}.json", answers)
    return folder / REQUEST


def _classes(parts: Any, contract: Contract) -> list[str]:
    if contract.task == "regression":
        return []
    found: set[str] = set()
    for scored in parts:
        found |= {*scored.classes, *map(str, scored.labels), *map(str, truth_of(scored.frame, contract))}
    return sorted(found)


def _probabilities(scored: Scored, classes: Sequence[str]) -> list[list[float]] | None:
    if scored.probabilities is None:
        return None
    given: Array = np.asarray(scored.probabilities, dtype=np.float64)
    order = list(scored.classes) or sorted(classes)
    table = np.zeros((len(given), len(classes)))
    table[:, [classes.index(name) for name in order]] = given
    rows: list[list[float]] = table.tolist()
    return rows


def _values(values: pd.Series[Any], kind: str) -> list[Any]:
    if kind in NUMERIC:
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        whole = kind == "integer" and bool(np.isfinite(numbers).all())
        return [int(value) for value in values] if whole else [_finite(value) for value in numbers.tolist()]
    missing = values.isna().to_numpy()
    return [
        None if gone else as_label(bool(value) if kind == "boolean" else value)
        for value, gone in zip(values.tolist(), missing, strict=True)
    ]


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _dates(values: pd.Series[Any]) -> pd.Series[Any]:
    return pd.to_datetime(values, format="ISO8601", errors="coerce", utc=True)


def _write(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, allow_nan=False), encoding="utf-8")
