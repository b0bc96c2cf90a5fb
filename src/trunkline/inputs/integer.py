"""Integer: a whole number of at most 64 bits."""

from __future__ import annotations

import math
import re
from random import Random
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from .number import Amount, number_of, unquoted
from .protocol import Value

EXACT = 2**53
"""Floats tell all whole numbers up to here apart."""
LARGEST_INT64 = 2**63 - 1
DIGITS = 20
"""Signs that a whole number of 64 bits has at most, a minus included."""
WHOLE = re.compile(r"-?(0|[1-9]\d*)(\.0*)?", re.ASCII)


class Integer(Amount):
    """A whole number."""

    whole = True
    dtypes = ("int", "uint")
    stored = "int64"
    largest = 2.0**62

    def read(self, value: object) -> int:
        """Return a whole number; 3.0 is one."""
        number = whole_number(value)
        self.in_range(number)
        return number

    def parse(self, cell: str) -> int:
        """Return the whole number that a cell writes."""
        return whole_cell(cell)

    def exact(self, value: object) -> Value | None:
        """Return a whole number that a frame writes as one, as a float or as a text."""
        return whole_or_none(value)

    def outside(self, value: float, step: int) -> float:
        """Return the next whole number."""
        return float(math.floor(value) + 1 if step > 0 else math.ceil(value) - 1)

    def noun(self) -> str:
        """Return what it is."""
        return "a whole number"

    def annotation(self) -> Any:
        """Return a strict integer within its range and 64 bits."""
        bounds = self.bounds(math.ceil, math.floor)
        return Annotated[int, Field(**bounds), AfterValidator(_fits)]

    def hint(self, value: object) -> str:
        """Return the number as it should be sent."""
        return whole_hint(value) or super().hint(value)

    def example(self) -> int:
        """Return the least value, or the one nearest to zero."""
        return self.at(self.nearest(), outwards=self.column.minimum is None)

    def drawn(self, random: Random) -> int:
        """Return any value of the range."""
        low, high = self.reach()
        return random.randint(math.ceil(low), math.floor(high))

    def inwards(self, value: float, *, low: bool) -> int:
        """Return the whole number at or inside an end."""
        return math.ceil(value) if low else math.floor(value)

    def at(self, number: float, *, outwards: bool = True) -> int:
        """Return the whole number below a number, or the one above it."""
        return math.floor(number) if outwards else math.ceil(number)


def whole_number(value: object) -> int:
    """Return a value as a whole number of at most 64 bits; raises ValueError where it is none."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= EXACT:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(unquoted(value) or "it is not a whole number")
    if not -LARGEST_INT64 <= value <= LARGEST_INT64:
        raise ValueError("it does not fit 64 bits")
    return value


def whole_cell(cell: str) -> int:
    """Return the whole number of a cell; raises ValueError where it is none."""
    if not WHOLE.fullmatch(cell):
        raise ValueError("write a whole number without leading zeros")
    return int(cell.partition(".")[0])


def whole_or_none(value: object) -> int | None:
    """Return the whole number that a frame's cell holds; None where it holds none."""
    if isinstance(value, str):
        whole = value.partition(".")[0]
        return _within(int(whole)) if len(whole) <= DIGITS and WHOLE.fullmatch(value) else None
    number = number_of(value)
    if number is None or (isinstance(number, float) and (not number.is_integer() or abs(number) > EXACT)):
        return None
    return _within(int(number))


def whole_hint(value: object) -> str:
    """Return how to send what is nearly a whole number."""
    if isinstance(value, float) and value.is_integer():
        return f"send {int(value)}"
    return f"send {value.strip()} without quotes" if isinstance(value, str) and unquoted(value) else ""


def _within(number: int) -> int | None:
    return number if abs(number) <= LARGEST_INT64 else None


def _fits(value: int) -> int:
    if not -LARGEST_INT64 <= value <= LARGEST_INT64:
        raise PydanticCustomError("too_large", "Input should fit 64 bits")
    return value
