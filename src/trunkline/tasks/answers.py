"""Answers: what a model said of some rows, whatever kind of answer it gives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Answers:
    """What a model said of n rows.

    `predictions` has shape (n,): float64, or objects such as a label or a list of items. `probabilities` has shape
    (n, len(classes)) in the order of `classes`, where the task has classes; else None.
    """

    predictions: Array
    probabilities: Array | None = None
    classes: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    """Files outside the bundle that the model wanted to read and was not let."""

    def __len__(self) -> int:
        return len(self.predictions)

    @classmethod
    def joined(cls, parts: Sequence[Answers]) -> Answers:
        """Return the answers of several requests, of which there is at least one, as one."""
        first, chances = parts[0], [part.probabilities for part in parts if part.probabilities is not None]
        return replace(
            first,
            predictions=np.concatenate([part.predictions for part in parts]),
            probabilities=np.concatenate(chances) if chances else None,
        )

    def take(self, index: Array | slice) -> Answers:
        """Return the answers at `index`."""
        chances = None if self.probabilities is None else self.probabilities[index]
        return replace(self, predictions=self.predictions[index], probabilities=chances)


@dataclass(frozen=True)
class Apart:
    """How far two models' answers to n rows lie apart, row by row; shape (n,)."""

    other: NDArray[np.bool_]
    """Whether the answer is another one, such as another class; all False where answers only differ by degree."""
    distance: NDArray[np.float64]
    """The largest difference of a number in the answer; infinite where the two cannot be compared."""


def incomparable(rows: int) -> Apart:
    """Return answers that have not even the same form."""
    return Apart(np.ones(rows, dtype=bool), np.full(rows, np.inf))


def objects(values: Any) -> Array:
    """Return values of any type as an array of objects of shape (n,)."""
    listed = list(values)
    found = np.empty(len(listed), dtype=object)
    for place, value in enumerate(listed):
        found[place] = value
    return found


def floats(values: Any) -> NDArray[np.float64]:
    """Return a model's raw output as float64; what holds no numbers is empty."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (ValueError, TypeError):
        return np.empty(0)
