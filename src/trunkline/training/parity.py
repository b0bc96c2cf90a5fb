"""Parity: whether another form of a model gives the same answers as the pipeline that was fitted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from trunkline.core.contract import Contract
from trunkline.core.figures import Figure

from .frames import NUMERIC

ALLOWED = 1e-4
"""The largest difference of a probability; for regression relative to the value."""
UNKNOWN = "\u2047 never seen"

Answers = tuple[np.ndarray, np.ndarray | None]
Ask = Callable[[pd.DataFrame], Answers]


@dataclass(frozen=True)
class Parity:
    """How far two forms of a model are apart, over `rows` rows."""

    rows: int
    labels: int
    """Rows with another label."""
    difference: float
    """The largest difference of a probability, or relative difference of a value."""

    @property
    def holds(self) -> bool:
        """Whether the two give the same answers."""
        return self.labels == 0 and self.difference <= ALLOWED

    def __add__(self, other: Parity) -> Parity:
        return Parity(
            self.rows + other.rows, self.labels + other.labels, max(self.difference, other.difference)
        )

    def reason(self) -> str:
        """Return in words how far they are apart."""
        return (
            f"{self.labels} of {self.rows} labels differ, and the largest difference is {self.difference:.2g} "
            f"({ALLOWED:g} is allowed)"
        )

    def figures(self) -> tuple[Figure, ...]:
        """Return the two measures as figures; a difference that is no number counts as 1e308."""
        return (
            Figure(name="parity_labels", value=self.labels, rows=self.rows),
            Figure(name="parity_difference", value=min(self.difference, 1e308), rows=self.rows),
        )


def compare(expected: Answers, found: Answers) -> Parity:
    """Return how far `found` is from `expected`, row by row."""
    (labels, probabilities), (other, others) = expected, found
    rows = len(labels)
    if len(other) != rows or (probabilities is None) != (others is None):
        return Parity(rows, rows, np.inf)
    if probabilities is None or others is None:
        return Parity(rows, 0, _largest(labels.astype(float), other.astype(float), relative=True))
    if probabilities.shape != others.shape:
        return Parity(rows, rows, np.inf)
    differ = sum(str(one) != str(two) for one, two in zip(labels, other, strict=True))
    return Parity(rows, differ, _largest(probabilities, others, relative=False))


def _largest(expected: np.ndarray, found: np.ndarray, *, relative: bool) -> float:
    if not expected.size:
        return 0.0
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        apart = np.abs(expected - found)
        if relative:
            # near zero a relative difference says nothing: measured against a thousandth of the largest value
            apart = apart / np.maximum(np.abs(expected), max(1e-3 * np.abs(expected).max(), 1e-12))
    return float(np.where(np.isnan(apart), np.inf, apart).max())


def one_by_one(ask: Ask) -> Ask:
    """Return `ask`, asked for one row at a time: runtimes take another path for a single row."""

    def asked(rows: pd.DataFrame) -> Answers:
        answers = [ask(rows.iloc[place : place + 1]) for place in range(len(rows))]
        probabilities = [given for _, given in answers if given is not None]
        return (
            np.concatenate([labels for labels, _ in answers]),
            np.concatenate(probabilities) if probabilities else None,
        )

    return asked


@dataclass(frozen=True)
class Edge:
    """A row at an edge of the contract. What the contract does not allow never reaches a service's model."""

    name: str
    row: pd.DataFrame
    allowed: bool = True


def edges(rows: pd.DataFrame, contract: Contract) -> list[Edge]:
    """Return the edges of a contract around the first of `rows` (a model frame of at least one row).

    Every column at its least and greatest value (the observed ones, ten spreads further out, where the contract names
    none), every category, null where it is allowed, and a category that was never seen.
    """
    base = rows.iloc[:1].reset_index(drop=True)
    found: list[Edge] = []

    def add(column: str, value: object, words: str, allowed: bool = True) -> None:
        row = base.copy()
        row[column] = pd.Series([value], dtype=rows[column].dtype)
        found.append(Edge(f"{column} {words}", row, allowed))

    for column in contract.features:
        if column.type == "boolean":
            add(column.name, 0.0, "is false")
            add(column.name, 1.0, "is true")
        elif column.type in NUMERIC:
            seen = rows[column.name].to_numpy(dtype=float)
            seen = seen[np.isfinite(seen)]
            low, high = (seen.min(), seen.max()) if seen.size else (0.0, 1.0)
            reach = 10 * (seen.std() if seen.size else 1.0)
            least = low - reach if column.minimum is None else column.minimum
            most = high + reach if column.maximum is None else column.maximum
            add(column.name, least, f"is {least:g}")
            add(column.name, most, f"is {most:g}")
        else:
            for category in column.categories:
                add(column.name, category, f"is {category}")
            add(column.name, UNKNOWN, "is of an unknown category", allowed=column.type == "text")
        if column.nullable:
            add(column.name, np.nan if column.type in NUMERIC else "", "is null")
    return found
