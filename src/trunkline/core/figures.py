"""A measured number with its interval."""

from __future__ import annotations

from .record import Record


class Interval(Record):
    """A confidence interval at `level`."""

    low: float
    high: float
    level: float = 0.95


class Figure(Record):
    """A measured number: on how many rows, with its interval where one was computed."""

    name: str
    value: float
    rows: int
    interval: Interval | None = None
    group: str = ""
    """The part of the data it was measured on, as `colour=Black`; empty for all rows."""
