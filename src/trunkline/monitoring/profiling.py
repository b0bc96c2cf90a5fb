"""Making profiles: the reference fixes bins and categories, windows are counted on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import DataError
from trunkline.inputs import input_of
from trunkline.inputs.counting import Floats, bins, cells, count_categories, count_numbers, numbers
from trunkline.predictions import Prediction
from trunkline.predictions.labelled import logged_answers
from trunkline.tasks import task_of

from .profiles import Profile

DIGITS = 6
"""Scores are rounded before bins are laid, so that float32 and float64 answers fall in the same bin."""


def watched(contract: Contract) -> tuple[Column, ...]:
    """Return the columns that a profile summarises: those that the log says something of, but for the event time."""
    logged = {column.name for column in contract.logged}
    return tuple(
        column
        for column in contract.inputs
        if column.seen or (column.name in logged and column.role is not Role.TIME)
    )


def reference_profile(
    columns: Mapping[str, Sequence[object]],
    contract: Contract,
    *,
    labels: Sequence[object] | None = None,
    scores: Sequence[float] | None = None,
    parts: Mapping[str, Floats] | None = None,
) -> Profile:
    """Return the profile that later windows are compared with: its quantiles and categories become the cells.

    `labels`, `scores` and `parts` are what the task watches of the model's answers; best on rows that it was not fitted
    on, and they may be fewer than the rows of `columns`. Audit columns that are missing are left out.
    Raises DataError when a feature is missing or a value is not of the column's type.
    """
    present = [column for column in watched(contract) if column.name in columns]
    if missing := {column.name for column in contract.features} - {column.name for column in present}:
        raise DataError(
            f"The reference lacks {', '.join(sorted(missing))}.", next_step="pass every feature column"
        )
    profiles = {column.name: input_of(column).summary(columns[column.name]) for column in present}
    reference = Profile(
        rows=0,
        columns=profiles,
        label=None if labels is None else cells(labels, contract.outcome.categories),
        score=None if scores is None else bins(np.round(numbers(scores, "score"), DIGITS), whole=False),
        answers={
            name: bins(np.round(values, DIGITS), whole=not (values % 1).any())
            for name, values in (parts or {}).items()
        },
    )
    rows = max((len(values) for values in columns.values()), default=0)
    answered = count_answers(reference, labels=labels, scores=scores, parts=parts)
    return answered.model_copy(update={"rows": rows})


def profile_like(
    reference: Profile,
    contract: Contract,
    columns: Mapping[str, Sequence[object]],
    *,
    labels: Sequence[object] | None = None,
    scores: Sequence[float] | None = None,
    parts: Mapping[str, Floats] | None = None,
) -> Profile:
    """Return the profile of a window on the reference's bins and categories; None and NaN are null.

    A column that the window lacks is null in every row. Raises DataError when a value is not of its column's type.
    """
    rows = max((len(values) for values in columns.values()), default=0)
    counted = {
        name: input_of(contract.column(name)).counted(like, columns.get(name, [None] * rows))
        for name, like in reference.columns.items()
    }
    answered = count_answers(reference, labels=labels, scores=scores, parts=parts)
    return answered.model_copy(update={"rows": rows, "columns": counted})


def count_answers(
    reference: Profile,
    *,
    labels: Sequence[object] | None,
    scores: Sequence[float] | None,
    parts: Mapping[str, Floats] | None = None,
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
            "answers": {
                name: count_numbers(like, np.round((parts or {}).get(name, np.empty(0)), DIGITS))
                for name, like in reference.answers.items()
            },
        }
    )


def profile_answers(reference: Profile, answers: Sequence[Prediction], contract: Contract) -> Profile:
    """Return the profile of logged answers: their inputs, and what their task counts of them.

    Raises DataError when the log holds what is no answer of the task.
    """
    columns = {name: [answer.inputs.get(name) for answer in answers] for name in reference.columns}
    task = task_of(contract)
    seen = task.watched(logged_answers(answers, contract, task), contract)
    return profile_like(
        reference, contract, columns, labels=seen.labels, scores=list(seen.scores), parts=seen.parts
    )
