"""Parity: whether another form of a model gives the same answers as the pipeline that was fitted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from trunkline.core.contract import Contract
from trunkline.core.policy.training import PARITY, ParityPolicy
from trunkline.inputs import Corner, input_of
from trunkline.tasks import Answers, task_of

FAR = 100
"""An amount that differs by so many times what is allowed is another answer, as another class is."""

Ask = Callable[[pd.DataFrame], Answers]


@dataclass(frozen=True)
class Parity:
    """How far two forms of a model are apart, over `rows` rows."""

    rows: int
    labels: int
    """Rows with another label, or with an amount that is far from the other."""
    difference: float
    """The largest difference of a probability, or relative difference of a value."""
    above: int = 0
    """Rows that differ by more than is allowed."""
    edges: int = 0
    """Rows among them at an edge of the contract, where none may."""
    allowed: ParityPolicy = PARITY

    @property
    def holds(self) -> bool:
        """Whether the two give the same answers."""
        return self.labels == 0 and self.edges == 0 and self.above <= self.allowed.share * self.rows

    def __add__(self, other: Parity) -> Parity:
        return Parity(
            self.rows + other.rows,
            self.labels + other.labels,
            max(self.difference, other.difference),
            self.above + other.above,
            self.edges + other.edges,
            self.allowed,
        )

    def reason(self) -> str:
        """Return in words how far they are apart."""
        share, edges = self.allowed.share, f", {self.edges} at an edge of the contract" if self.edges else ""
        return (
            f"{self.labels} of {self.rows} labels differ, {self.above} rows by more than {self.allowed.largest:g} "
            f"({share:.2%} may{edges}), and the largest difference is {self.difference:.2g}"
        )

    def said(self) -> str:
        """Return the same for the card; a difference that is rounding alone has no digits, which machines differ in."""
        largest = "below 1e-06" if self.difference < 1e-6 else f"{self.difference:.1g}"
        return (
            f"{self.labels} of {self.rows} labels differ, {self.above} rows by more than {self.allowed.largest:g}, "
            f"largest difference {largest}"
        )


def compare(
    expected: Answers,
    found: Answers,
    contract: Contract,
    allowed: ParityPolicy = PARITY,
    *,
    edge: bool = False,
) -> Parity:
    """Return how far `found` is from `expected`, row by row; `edge`: all rows are at an edge of the contract."""
    task = task_of(contract)
    apart = task.apart(expected, found)
    above = int((apart.distance > allowed.largest).sum())
    other = apart.other if task.repeats else apart.other | (apart.distance > FAR * allowed.largest)
    return Parity(
        len(expected),
        int(other.sum()),
        float(apart.distance.max(initial=0.0)),
        above,
        above if edge else 0,
        allowed,
    )


@dataclass(frozen=True)
class Edge:
    """One value at an edge of the contract. What the contract does not allow never reaches a service's model."""

    name: str
    column: str
    value: object
    allowed: bool = True


def edges(rows: pd.DataFrame, contract: Contract) -> list[Edge]:
    """Return the edges of a contract, and of `rows` (a model frame) where the contract names none.

    Every column at its least and greatest value (the observed ones, ten spreads further out, where the contract names
    none), every category, null where it is allowed, and a category that was never seen.
    """
    found: list[Edge] = []
    for column in contract.features:
        name, kind = column.name, input_of(column)
        corners = kind.corners(rows[name].to_numpy())
        if column.nullable:
            corners.append(Corner("null", kind.encode([None])[0]))
        found += [Edge(f"{name} is {words}", name, value, allowed) for words, value, allowed in corners]
    return found


def rows_at(corners: Sequence[Edge], row: pd.DataFrame) -> pd.DataFrame:
    """Return one row an edge: `row` (a model frame of one) with that edge's value in its column."""
    places: dict[str, list[int]] = {}
    for place, edge in enumerate(corners):
        places.setdefault(edge.column, []).append(place)
    columns = {}
    for name in row.columns:
        values = np.repeat(row[name].to_numpy(), len(corners))
        for place in places.get(str(name), ()):
            values[place] = corners[place].value
        columns[name] = pd.Series(values, dtype=row[name].dtype)
    return pd.DataFrame(columns)
