"""Outcomes: what a task knows of the outcomes of a snapshot's rows, with pandas at hand; the gates of data ask it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from trunkline.core.contract import Contract
from trunkline.core.figures import Figure
from trunkline.core.snapshots import Part
from trunkline.core.verdicts import Outcome

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]
Frame = Any
Series = Any
"""A column of a frame: what services and monitors import names no pandas."""


@dataclass(frozen=True)
class Sufficient:
    """Whether the outcomes suffice to learn from and to judge by, and the figures that say so."""

    outcome: Outcome
    reason: str
    figures: tuple[Figure, ...]
    threshold: float | None = None
    advice: str | None = None


class Outcomes(Protocol):
    """`values` are the outcomes of rows, of which none is null."""

    measure: str
    """How well something tells an outcome: `AUC`, `R2`; empty where nothing is measured."""

    faults: tuple[str, ...]
    """What an outcome may be that makes no sense by itself, in words; empty where nothing is looked for."""

    def faulty(self, rows: Frame, contract: Contract) -> Mapping[str, list[str]]:
        """Return the names of the rows that have each of the `faults`."""

    def strata(self, values: Series, unit: Series) -> Series:
        """Return for each unit, which may have many rows, the group whose share a split keeps."""

    def targets(self, values: Series) -> list[Floats]:
        """Return what one column alone is asked to tell, as numbers: the outcome, or each class against the rest."""

    def folds(self, target: Floats, most: int, seed: int) -> list[tuple[Codes, Codes]]:
        """Return at most so many cuts of rows, to learn from and to ask."""

    def told(self, name: str, target: Floats, predicted: Floats, level: float) -> Figure:
        """Return how well predictions tell a target, with an interval of this level."""

    def conflicts(self, equals: Codes, values: Series) -> tuple[Figure, str]:
        """Return what no model can get right, as a share with its interval, and of what it is one.

        `equals` numbers the groups of rows that are equal.
        """

    def sufficient(self, parts: Mapping[Part, Series], contract: Contract) -> Sufficient:
        """Return whether each part, and train before all, has what it takes."""


class Faultless:
    """Outcomes in which the contract leaves no room for what makes no sense."""

    faults: tuple[str, ...] = ()

    def faulty(self, rows: Frame, contract: Contract) -> Mapping[str, list[str]]:
        """Return none."""
        return {}
