"""Making profiles: the reference fixes bins and categories, windows are counted on them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import DataError
from trunkline.inputs import input_of
from trunkline.inputs.counting import bins, cells, count_categories, count_numbers, numbers
from trunkline.predictions import Prediction

from .profiles import Profile

DIGITS = 6
"""Scores are rounded before bins are laid, so that float32 and float64 answers fall in the same bin."""

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
    profiles = {column.name: input_of(column).summary(columns[column.name]) for column in present}
    classified = contract.task == "classification"
    reference = Profile(
        rows=0,
        columns=profiles,
        label=cells(labels, contract.outcome.categories) if classified and labels is not None else None,
        score=None if scores is None else bins(np.round(numbers(scores, "score"), DIGITS), whole=False),
    )
    rows = max((len(values) for values in columns.values()), default=0)
    answered = count_answers(reference, labels=labels, scores=scores)
    return answered.model_copy(update={"rows": rows})


def profile_like(
    reference: Profile,
    contract: Contract,
    columns: Mapping[str, Sequence[object]],
    *,
    labels: Sequence[object] | None = None,
    scores: Sequence[float] | None = None,
) -> Profile:
    """Return the profile of a window on the reference's bins and categories; None and NaN are null.

    A column that the window lacks is null in every row. Raises DataError when a value is not of its column's type.
    """
    rows = max((len(values) for values in columns.values()), default=0)
    counted = {
        name: input_of(contract.column(name)).counted(like, columns.get(name, [None] * rows))
        for name, like in reference.columns.items()
    }
    answered = count_answers(reference, labels=labels, scores=scores)
    return answered.model_copy(update={"rows": rows, "columns": counted})


def count_answers(
    reference: Profile, *, labels: Sequence[object] | None, scores: Sequence[float] | None
) -> Profile:
    """Return a reference with the labels and scores of other answers."""
    return reference.model_copy(
        update={
            "label": reference.label
            and count_categories(reference.label, labels if labels is not None else ()),
            "score": reference.score
            and count_numbers(
                reference.score, np.round(numbers(scores if scores is not None else (), "score"), DIGITS)
            ),
        }
    )


def profile_answers(reference: Profile, answers: Sequence[Prediction], contract: Contract) -> Profile:
    """Return the profile of logged answers: their inputs, labels and scores."""
    columns = {name: [answer.inputs.get(name) for answer in answers] for name in reference.columns}
    return profile_like(
        reference,
        contract,
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
