"""Truth paired with answers, as numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
