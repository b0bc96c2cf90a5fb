"""Truth paired with answers, as numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .traits import Trait
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
    """The name of the task that paired them."""

    @property
    def rows(self) -> int:
        """Return the number of rows."""
        return len(self.truth)

    @property
    def independent(self) -> int:
        """Return how many are independent of each other: the users where they repeat, else the rows."""
        return self.rows if self.users is None else number_of(self.users)

    @property
    def traits(self) -> frozenset[Trait]:
        """Return what truth and answers hold."""
        held: dict[Trait, bool] = {
            "amounts": not self.classes and self.truth.dtype.kind in "fiu",
            "classes": bool(self.classes),
            "two classes": len(self.classes) == 2,
            "positive": self.positive is not None,
            "probabilities": self.probabilities is not None,
        }
        return frozenset(trait for trait, there in held.items() if there)

    @property
    def only(self) -> str:
        """Return the one class that the truth holds, so that no metric means anything; empty where there is none."""
        found = np.unique(self.truth).tolist() if self.classes else []
        return self.classes[found[0]] if len(found) == 1 else ""

    @property
    def selected(self) -> str:
        """Return what the positive outcome is called; empty where there is none."""
        return "" if self.positive is None else self.classes[self.positive]

    @property
    def named(self) -> tuple[Array, Array]:
        """Return truth and answers as the project writes them: classes by their names, or their codes."""
        if not self.classes:
            return self.truth, self.labels
        names = np.array(self.classes, dtype=np.int64 if self.coded else object)
        return names[self.truth], names[self.labels]

    @property
    def score(self) -> Array | None:
        """Return the probability of the positive outcome, None where there is none."""
        return (
            None
            if self.positive is None or self.probabilities is None
            else self.probabilities[:, self.positive]
        )

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
