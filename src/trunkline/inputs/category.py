"""Category: one of a list, of texts or of whole numbers."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from random import Random
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from trunkline.core.contract import Column, as_label

from .encoding import floats, texts
from .integer import whole_cell, whole_hint, whole_number, whole_or_none
from .protocol import Corner, InputType, Value
from .text import STRANGE, UNKNOWN, kept_text

IN_WORDS = 20
"""Categories that a rule names: it stands in tables, errors and every refusal of the service."""


def category(column: Column) -> InputType:
    """Return the type of a category: its codes where `isin` lists whole numbers."""
    return Codes(column) if column.coded else Category(column)


class Category(InputType):
    """One of a list of texts."""

    textual = True
    strange = STRANGE

    def read(self, value: object) -> Value:
        """Return a text of the list."""
        text = kept_text(value, self.column)
        if self.column.categories and text not in self.column.categories:
            raise ValueError("it is not one of them")
        return text

    def named(self, value: object) -> Value | None:
        """Return a text of the list; a number that a policy names may be one."""
        number = isinstance(value, int | float) and not isinstance(value, bool)
        return super().named(as_label(value) if number else value)

    def exact(self, value: object) -> Value | None:
        """Return a text, and a whole number where its text is a category."""
        if isinstance(value, str):
            return value
        whole = isinstance(value, int) and not isinstance(value, bool)
        return str(value) if whole and str(value) in self.column.categories else None

    def noun(self) -> str:
        """Return the first of the list."""
        named = ", ".join(self.column.categories[:IN_WORDS])
        more = len(self.column.categories) - IN_WORDS
        return f"one of {named}" + (f" and {more:,} more" if more > 0 else "")

    def span(self) -> str:
        """Return nothing: there is no range."""
        return ""

    def annotation(self) -> Any:
        """Return one of the list, strictly."""
        return Literal[self.labels()] if self.column.categories else str

    def labels(self) -> tuple[Value, ...]:
        """Return the list, each in its own type."""
        return tuple(map(self.label, self.column.categories))

    def hint(self, value: object) -> str:
        """Return the category that was meant."""
        if not isinstance(value, str):
            return super().hint(value)
        folded = {name.casefold(): name for name in self.column.categories}
        guess = difflib.get_close_matches(value.strip().casefold(), folded, n=1)
        return f"did you mean {folded[guess[0]]}?" if guess else ""

    def example(self) -> object:
        """Return the first of the list."""
        return self.labels()[0] if self.column.categories else "text"

    def drawn(self, random: Random) -> object:
        """Return any of the list."""
        return random.choice(self.labels()) if self.column.categories else self.example()

    def encode(self, values: Sequence[object]) -> np.ndarray:
        """Return texts; null is the empty text."""
        return texts(values)

    def corners(self, seen: np.ndarray) -> list[Corner]:  # noqa: ARG002
        """Return every category, and one that was never seen."""
        known = [Corner(name, name) for name in self.column.categories]
        return [*known, Corner("of an unknown category", UNKNOWN, allowed=False)]


class Codes(Category):
    """One of a list of whole numbers."""

    textual = False
    ranged = True
    stored = "int64"
    plain = False
    tensor = "float"

    def read(self, value: object) -> Value:
        """Return a number of the list."""
        number = whole_number(value)
        if str(number) not in self.column.categories:
            raise ValueError("it is not one of them")
        return number

    def named(self, value: object) -> Value | None:
        """Return a number of the list."""
        return InputType.named(self, value)

    def parse(self, cell: str) -> Value:
        """Return the whole number that a cell writes."""
        return whole_cell(cell)

    def exact(self, value: object) -> Value | None:
        """Return a number of the list, as `Integer` reads it."""
        number = whole_or_none(value)
        return number if str(number) in self.column.categories else None

    def yes(self) -> str:
        """Return 1 of 0 and 1."""
        return "1" if sorted(self.column.categories) == ["0", "1"] else ""

    def label(self, text: str) -> Value:
        """Return the number that a category writes."""
        return int(text)

    def annotation(self) -> Any:
        """Return one of the list, strictly."""
        # A Literal of 0 and 1 would take true and false: they are equal in Python.
        return Annotated[super().annotation(), BeforeValidator(_whole)]

    def hint(self, value: object) -> str:
        """Return the number as it should be sent."""
        return whole_hint(value)

    def encode(self, values: Sequence[object]) -> np.ndarray:
        """Return float32; null is NaN."""
        return floats(values)

    def corners(self, seen: np.ndarray) -> list[Corner]:  # noqa: ARG002
        """Return every code."""
        return [Corner(name, float(name)) for name in self.column.categories]


def _whole(value: object) -> object:
    if isinstance(value, bool | float):
        raise PydanticCustomError("int_type", "Input should be a valid integer")
    return value
