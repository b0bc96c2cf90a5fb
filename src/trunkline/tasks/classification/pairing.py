"""Truth and classes that were answered, as positions among the classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trunkline.core.contract import Column, Contract
from trunkline.core.errors import DataError
from trunkline.inputs import input_of
from trunkline.measure.paired import Array, Paired
from trunkline.measure.users import Users

from ..answers import Answers
from ..outcome import require_answers


def classes_of(outcome: Column) -> tuple[str, ...]:
    """Return the classes that an outcome declares, as labels are written."""
    return input_of(outcome).classes()


def positive_of(contract: Contract) -> str:
    """Return the class that counts as being selected; empty where there is none."""
    return contract.positive or input_of(contract.outcome).yes()


def pair_classes(
    truth: Array,
    answers: Answers,
    contract: Contract,
    *,
    known: Sequence[str] = (),
    users: Users | None = None,
) -> Paired:
    """Return truth and answers as positions; `known` are classes to count with though neither holds them.

    Raises DataError when lengths differ or the columns of probabilities cannot be told apart.
    """
    probabilities = answers.probabilities
    require_answers(len(truth), len(answers))
    if probabilities is not None:
        require_answers(len(truth), len(probabilities))
    truth, labels = np.asarray(truth, dtype=object), np.asarray(answers.predictions, dtype=object)
    declared = sorted(classes_of(contract.outcome))
    seen = sorted({str(label) for label in set(truth) | set(labels)})
    given = list(answers.classes) or _named(probabilities, declared, seen)
    order = sorted({*given, *declared, *seen, *known})
    positive = positive_of(contract)
    if len(order) == 2 and positive == order[0]:
        order.reverse()
    scores: Array | None = None
    if probabilities is not None:
        scores = np.zeros((len(truth), len(order)))
        scores[:, [order.index(name) for name in given]] = np.nan_to_num(probabilities, nan=0.0)
    chosen = order.index(positive) if positive in order else (1 if len(order) == 2 else None)
    return Paired(
        _codes(truth, order),
        _codes(labels, order),
        scores,
        tuple(order),
        chosen,
        users,
        contract.outcome.coded,
        task=contract.task,
    )


def _named(probabilities: Array | None, declared: list[str], seen: list[str]) -> list[str]:
    if probabilities is None:
        return declared or seen
    for names in (declared, seen):
        if len(names) == probabilities.shape[1]:
            return names
    raise DataError(
        f"There are {probabilities.shape[1]} probabilities a row, and which class each belongs to is not said.",
        next_step="pass the classes of the model along with its answers",
    )


def _codes(values: Array, order: list[str]) -> Array:
    position = {name: code for code, name in enumerate(order)}
    return np.fromiter((position[str(value)] for value in values), dtype=np.int64, count=len(values))
