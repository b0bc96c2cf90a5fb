"""What deepchecks is given: rows and answers as JSON files that any Python can read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from trunkline.core.contract import Contract, Role, as_label
from trunkline.core.policy.gates import Suite
from trunkline.inputs import InputType, input_of
from trunkline.measure.paired import Array
from trunkline.measure.traits import Trait
from trunkline.tasks import task_of

from ..scored import Scored, truth_of

REQUEST = "request.json"
SEED = 20
TASKS: dict[Trait, str] = {"amounts": "regression", "two classes": "binary", "classes": "multiclass"}
"""What deepchecks calls a task, by the first of these that its answers hold."""


def drawn(rows: pd.DataFrame, most: int) -> pd.DataFrame:
    """Return at most that many rows, drawn with a fixed seed and in their order."""
    if len(rows) <= most:
        return rows
    chosen = np.random.default_rng(SEED).choice(len(rows), most, replace=False)
    return rows.iloc[np.sort(chosen)].reset_index(drop=True)


def date_column(contract: Contract, rows: Sequence[pd.DataFrame], *, temporal: bool) -> str:
    """Return the column of the event time where the split is by it and every value reads as an ISO date, else ""."""
    column = contract.of_role(Role.TIME)
    if not temporal or column is None or input_of(column).stored != "str":
        return ""
    dates = pd.concat([_dates(frame[column.name]) for frame in rows])
    return "" if dates.isna().any() else column.name


def exchange(
    train: Scored,
    test: Scored,
    contract: Contract,
    *,
    left_out: Mapping[Suite, Iterable[str]],
    date: str = "",
) -> dict[str, dict[str, Any]]:
    """Return the files that the other interpreter reads, by name, as JSON types.

    Features, outcome and, where it is given, `date` cross; users and attributes kept for audits do not. A key crosses
    as a number that only says which rows have the same one. With two classes the positive one must sort last, because
    deepchecks takes that one for positive: where it does not, both are numbered. Raises DataError when an outcome is
    null.
    """
    classes = _classes((train, test), contract)
    names = dict(zip(classes, classes, strict=True))
    if classes[:-1] == [contract.positive]:
        classes.reverse()
        names = {name: f"{place}: {name}" for place, name in enumerate(classes)}
    kinds = {column.name: input_of(column) for column in contract.features}
    texts = [name for name, kind in kinds.items() if not kind.summarised]
    key = contract.of_role(Role.KEY)
    request = {
        "task": next(word for trait, word in TASKS.items() if trait in task_of(contract).traits(contract)),
        "label": contract.outcome.name,
        "classes": [names[name] for name in classes],
        "features": list(kinds),
        "categorical": [name for name, kind in kinds.items() if kind.summarised and not kind.quantity],
        "texts": [*texts, contract.outcome.name] if classes else texts,
        "date": date,
        "index": key.name if key else "",
        "suites": {suite: list(checks) for suite, checks in left_out.items()},
    }
    files = {
        REQUEST: request,
        "train.json": _part(train, contract, classes, names, date),
        "test.json": _part(test, contract, classes, names, date),
    }
    if key:
        numbers = _numbered(pd.concat([train.frame[key.name], test.frame[key.name]]))
        files["train.json"]["columns"][key.name] = numbers[: len(train.frame)]
        files["test.json"]["columns"][key.name] = numbers[len(train.frame) :]
    return files


def write_exchange(folder: Path, files: Mapping[str, Mapping[str, Any]]) -> Path:
    """Write the files into the folder and return the request's path."""
    for name, value in files.items():
        (folder / name).write_text(json.dumps(value, allow_nan=False), encoding="utf-8")
    return folder / REQUEST


def _part(
    scored: Scored, contract: Contract, classes: Sequence[str], names: Mapping[str, str], date: str
) -> dict[str, Any]:
    def outcomes(values: Array) -> list[Any]:
        return [names[str(value)] if names else float(value) for value in values]

    columns = {
        column.name: _values(scored.frame[column.name], input_of(column)) for column in contract.features
    }
    columns[contract.outcome.name] = outcomes(truth_of(scored.frame, contract))
    if date:
        columns[date] = [moment.isoformat() for moment in _dates(scored.frame[date])]
    return {
        "columns": columns,
        "predictions": outcomes(scored.labels),
        "probabilities": _probabilities(scored, classes),
    }


def _classes(parts: Sequence[Scored], contract: Contract) -> list[str]:
    if "classes" not in task_of(contract).traits(contract):
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


def _values(values: pd.Series[Any], kind: InputType) -> list[Any]:
    if kind.quantity:
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        whole = kind.whole and bool(np.isfinite(numbers).all())
        return [int(value) for value in values] if whole else [_finite(value) for value in numbers.tolist()]
    missing = values.isna().to_numpy()
    return [None if gone else as_label(value) for value, gone in zip(values.tolist(), missing, strict=True)]


def _numbered(keys: pd.Series[Any]) -> list[int]:
    """Return a number for each key, the same for the same one; the order of the numbers is that of chance."""
    codes, known = pd.factorize(keys, use_na_sentinel=False)
    numbers: list[int] = np.random.default_rng(SEED).permutation(len(known))[codes].tolist()
    return numbers


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _dates(values: pd.Series[Any]) -> pd.Series[Any]:
    return pd.to_datetime(values, format="ISO8601", errors="coerce", utc=True)
