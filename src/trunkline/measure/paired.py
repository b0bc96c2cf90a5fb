"""Truth paired with answers, as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trunkline.core.contract import Contract
from trunkline.core.errors import DataError

from .users import Users, number_of, repeated

Array = NDArray[Any]


@dataclass(frozen=True)
class Paired:
    """Truth and answers as numbers.

    For classification `truth` and `labels` are positions in `classes`, `probabilities` has a column a class, and
    of two classes the positive one is the second; for regression they are float64 and `classes` is empty; for other
    tasks they are objects, one a row.
    `positive` is the position of the outcome that counts as being selected, None where there is no such outcome.
    `users` are the users of the rows where one of them has two, None where rows are independent. `coded` says that the
    classes are whole numbers to the project's own code.
    """

    truth: Array
    labels: Array
    probabilities: Array | None
    classes: tuple[str, ...] = ()
    positive: int | None = None
    users: Users | None = None
    coded: bool = False
    task: str = ""
    """The name of the task that paired them; without one, that of answers with or without classes."""

    def __post_init__(self) -> None:
        if not self.task:
            object.__setattr__(self, "task", "classification" if self.classes else "regression")

    @property
    def rows(self) -> int:
        """Return the number of rows."""
        return len(self.truth)

    @property
    def independent(self) -> int:
        """Return how many are independent of each other: the users where they repeat, else the rows."""
        return self.rows if self.users is None else number_of(self.users)

    @property
    def binary(self) -> bool:
        """Whether the outcome has two classes."""
        return len(self.classes) == 2

    @property
    def one_class(self) -> bool:
        """Whether a classification's truth holds a single class, so that no metric means anything."""
        return bool(self.classes) and len(np.unique(self.truth)) < 2

    def answered(self, labels: Array) -> Paired:
        """Return the rows with these answers, given for certain."""
        sure = np.eye(len(self.classes))[labels] if self.classes else None
        return replace(self, labels=labels, probabilities=sure)

    def take(self, index: Array) -> Paired:
        """Return the rows at `index`: positions, repeated or not, or a mask."""
        return replace(
            self,
            truth=self.truth[index],
            labels=self.labels[index],
            probabilities=None if self.probabilities is None else self.probabilities[index],
            users=None if self.users is None else repeated(self.users[index]),
        )


def pair(
    truth: Array,
    labels: Array,
    probabilities: Array | None,
    contract: Contract,
    *,
    classes: Sequence[str] = (),
    known: Sequence[str] = (),
    users: Users | None = None,
) -> Paired:
    """Return truth and answers as numbers; `known` are classes to count with though neither of them holds them.

    Raises DataError when lengths differ or the columns of `probabilities` cannot be told apart.
    """
    if len(truth) != len(labels) or (probabilities is not None and len(probabilities) != len(truth)):
        raise DataError(f"{len(truth)} rows have {len(labels)} answers.", next_step="answer every row once")
    if contract.task == "regression":
        return Paired(
            np.asarray(truth, dtype=np.float64), np.asarray(labels, dtype=np.float64), None, users=users
        )
    truth, labels = np.asarray(truth, dtype=object), np.asarray(labels, dtype=object)
    declared = sorted(contract.outcome.categories)
    seen = sorted({str(label) for label in set(truth) | set(labels)})
    given = list(classes) or _named(probabilities, declared, seen)
    order = sorted({*given, *declared, *seen, *known})
    positive = contract.positive
    if len(order) == 2 and positive == order[0]:
        order.reverse()
    scores: Array | None = None
    if probabilities is not None:
        scores = np.zeros((len(truth), len(order)))
        scores[:, [order.index(name) for name in given]] = probabilities
    chosen = order.index(positive) if positive in order else (1 if len(order) == 2 else None)
    answered = _codes(labels, order)
    coded = contract.outcome.coded
    return Paired(_codes(truth, order), answered, scores, tuple(order), chosen, users, coded)


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
