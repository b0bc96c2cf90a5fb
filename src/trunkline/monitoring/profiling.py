"""Making profiles: the reference fixes bins and categories, windows are counted on them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import DataError
from trunkline.predictions import Prediction

from .profiles import UNSEEN_KEPT, CategoryProfile, ColumnProfile, CountProfile, NumberProfile, Profile

BINS = 10
"""Quantile bins of a numeric column: deciles, as is usual for the population stability index."""
INTEGERS = 20
"""An integer column that spans no more than this many values gets one bin a value."""
CATEGORIES = 50
"""The most frequent values that get a cell of their own."""
DIGITS = 6
"""Scores are rounded before bins are laid, so that float32 and float64 answers fall in the same bin."""

UNJUDGED = ("text", "time")
"""Input types of which no monitor can say whether they drifted, and of which a profile keeps no value."""

Floats = NDArray[np.float64]


def watched(contract: Contract) -> tuple[Column, ...]:
    """Return the columns that a profile summarises: those logged in the clear, but for the event time."""
    return tuple(column for column in contract.logged if column.role is not Role.TIME)


def scores_of(
    contract: Contract, classes: Sequence[str], probabilities: NDArray[Any] | None, labels: Sequence[Any]
) -> Floats:
    """Return the one number of each answer that is watched for drift; shape (n,).

    The probability of the positive outcome; of the likeliest class where the contract names no positive one; for
    regression the prediction itself. `probabilities` has shape (n, len(classes)).
    """
    if contract.task == "regression" or probabilities is None:
        return np.asarray(labels, dtype=float)
    if contract.positive:
        return np.asarray(probabilities[:, list(classes).index(contract.positive)], dtype=float)
    return np.asarray(probabilities.max(axis=1), dtype=float)


def reference_profile(
    columns: Mapping[str, Sequence[object]],
    contract: Contract,
    *,
    labels: Sequence[object] | None = None,
    scores: Sequence[float] | None = None,
) -> Profile:
    """Return the profile that later windows are compared with: its quantiles and categories become the cells.

    `labels` and `scores` (see scores_of) are the model's answers; best on rows that it was not fitted on, and
    they may be fewer than the rows of `columns`. Audit columns that are missing are left out.
    Raises DataError when a feature is missing or a value is not of the column's type.
    """
    present = [column for column in watched(contract) if column.name in columns]
    if missing := {column.name for column in contract.features} - {column.name for column in present}:
        raise DataError(
            f"The reference lacks {', '.join(sorted(missing))}.", next_step="pass every feature column"
        )
    empty: dict[str, ColumnProfile] = {}
    for column in present:
        if column.type in ("integer", "number"):
            values = numbers(columns[column.name], column.name)
            empty[column.name] = _bins(values, whole=column.type == "integer")
        elif column.type in UNJUDGED:
            empty[column.name] = CountProfile()
        else:
            empty[column.name] = _cells(columns[column.name], column.categories)
    classified = contract.task == "classification"
    reference = Profile(
        rows=0,
        columns=empty,
        label=_cells(labels, contract.outcome.categories) if classified and labels is not None else None,
        score=None if scores is None else _bins(np.round(numbers(scores, "score"), DIGITS), whole=False),
    )
    return profile_like(reference, columns, labels=labels, scores=scores)


def profile_like(
    reference: Profile,
    columns: Mapping[str, Sequence[object]],
    *,
    labels: Sequence[object] | None = None,
    scores: Sequence[float] | None = None,
) -> Profile:
    """Return the profile of a window on the reference's bins and categories; None and NaN are null.

    A column that the window lacks is null in every row. Raises DataError when a value is not of its column's type.
    """
    rows = max((len(values) for values in columns.values()), default=0)
    return Profile(
        rows=rows,
        columns={
            name: _count(cells, columns.get(name, [None] * rows), name)
            for name, cells in reference.columns.items()
        },
        label=reference.label and count_categories(reference.label, labels if labels is not None else ()),
        score=reference.score
        and count_numbers(
            reference.score, np.round(numbers(scores if scores is not None else (), "score"), DIGITS)
        ),
    )


def profile_answers(reference: Profile, answers: Sequence[Prediction], contract: Contract) -> Profile:
    """Return the profile of logged answers: their inputs, labels and scores."""
    columns = {name: [answer.inputs.get(name) for answer in answers] for name in reference.columns}
    return profile_like(
        reference,
        columns,
        labels=[answer.outputs.get("prediction") for answer in answers],
        scores=[score_of(answer, contract) for answer in answers],
    )


def score_of(answer: Prediction, contract: Contract) -> float:
    """Return the score of one logged answer, as scores_of does for arrays; NaN where it has none."""
    probabilities = answer.outputs.get("probabilities")
    if contract.task == "classification" and not probabilities:
        return math.nan
    if contract.task == "regression" or not isinstance(probabilities, dict):
        prediction = answer.outputs.get("prediction")
        return float(prediction) if isinstance(prediction, int | float) else math.nan
    if contract.positive:
        return float(probabilities.get(contract.positive, math.nan))
    return float(max(probabilities.values()))


def numbers(values: Sequence[object] | NDArray[Any], name: str) -> Floats:
    """Return values as float64 with NaN for null and for what is not finite; shape (n,).

    Raises DataError naming the column when a value is not a number.
    """
    try:
        out = np.asarray(values, dtype=float)
    except (TypeError, ValueError) as error:
        raise DataError(f"The column {name} holds a value that is not a number: {error}.") from error
    return np.where(np.isfinite(out), out, np.nan)


def count_numbers(cells: NumberProfile, values: Floats) -> NumberProfile:
    """Return the profile of `values` on the bins of `cells`."""
    known = values[~np.isnan(values)]
    # One comparison an edge is several times faster than searching each value's bin.
    below = [int(np.count_nonzero(known < edge)) for edge in cells.edges]
    counts = np.diff([0, *below, len(known)])
    filled: dict[str, float] = {}
    if len(known):
        # numpy's sum adds in one order on every machine (its dot does not): the same rows give the same bytes.
        mean = float(known.sum()) / len(known)
        filled = {
            "mean": mean,
            "m2": float(((known - mean) ** 2).sum()),
            "minimum": float(known.min()),
            "maximum": float(known.max()),
        }
    return NumberProfile(
        edges=cells.edges, counts=tuple(counts.tolist()), nulls=len(values) - len(known), **filled
    )


def count_categories(cells: CategoryProfile, values: Iterable[object]) -> CategoryProfile:
    """Return the profile of `values` on the categories of `cells`."""
    found, nulls = _tally(values)
    rest = {value: found[value] for value in sorted(found.keys() - set(cells.values))}
    return CategoryProfile(
        values=cells.values,
        counts=tuple(found.get(value, 0) for value in cells.values),
        other=sum(rest.values()),
        nulls=nulls,
        unseen=dict(list(rest.items())[:UNSEEN_KEPT]),
    )


def _count(cells: ColumnProfile, values: Sequence[object], name: str) -> ColumnProfile:
    if isinstance(cells, NumberProfile):
        return count_numbers(cells, numbers(values, name))
    if isinstance(cells, CountProfile):
        nulls = sum(map(_is_null, values))
        return CountProfile(count=len(values) - nulls, nulls=nulls)
    return count_categories(cells, values)


def _bins(values: Floats, *, whole: bool) -> NumberProfile:
    """Return empty bins: one a value for narrow integers, else between the quantiles of the values.

    Edges lie midway between values that occur, never on one, so that a rounding error moves no row.
    """
    distinct, counts = np.unique(values[~np.isnan(values)], return_counts=True)
    if not len(distinct):
        return NumberProfile(edges=(), counts=(0,))
    low, high = float(distinct[0]), float(distinct[-1])
    if whole and high - low < INTEGERS:
        edges = np.arange(math.floor(low), math.ceil(high) + 2) - 0.5
    else:
        below = np.cumsum(counts)
        last = np.searchsorted(below, np.arange(1, BINS) * below[-1] / BINS)
        cuts = np.unique(last[last < len(distinct) - 1])
        slack = 0.5 if whole else 1e-6 * max(high - low, abs(low), abs(high), 1e-6)
        edges = np.array([low - slack, *(distinct[cuts] + distinct[cuts + 1]) / 2, high + slack])
    return NumberProfile(edges=tuple(edges.tolist()), counts=(0,) * (len(edges) + 1))


def _cells(values: Iterable[object], declared: Sequence[str]) -> CategoryProfile:
    found, _ = _tally(values)
    ranked = sorted(found, key=lambda value: (-found[value], value))[:CATEGORIES]
    order = {value: index for index, value in enumerate(declared)}
    kept = sorted(ranked, key=lambda value: (order.get(value, len(order)), value))
    return CategoryProfile(values=tuple(kept), counts=(0,) * len(kept))


def _tally(values: Iterable[object]) -> tuple[Counter[str], int]:
    """Return how often each value occurs, as text, and how many are null."""
    found: Counter[str] = Counter()
    nulls = 0
    for value, times in Counter(values).items():
        if _is_null(value):
            nulls += times
        else:
            found[_text(value)] += times
    return found, nulls


def _is_null(value: object) -> bool:
    if value is None:
        return True
    try:
        return bool(value != value)
    except TypeError:  # pandas' NA refuses to be compared
        return True


def _text(value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    return str(value)
