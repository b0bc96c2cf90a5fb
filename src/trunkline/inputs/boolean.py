"""Boolean: true or false."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import numpy as np

from .encoding import floats
from .number import number_of
from .protocol import Corner, InputType, Value

WORDS = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}
"""How files write booleans; in lower case."""


class Boolean(InputType):
    """True or false; 1 and 0 in the model."""

    dtypes = ("bool",)
    stored = "bool"
    tensor = "float"

    def read(self, value: object) -> bool:
        """Return a boolean; the words `true` and `false` are booleans too."""
        if isinstance(value, str) and value in ("true", "false"):
            return value == "true"
        if not isinstance(value, bool):
            raise ValueError("it is neither true nor false")
        return value

    def named(self, value: object) -> Value | None:
        """Return a boolean; in a policy the words are texts."""
        return value if isinstance(value, bool) else None

    def parse(self, cell: str) -> bool:
        """Return the boolean that a cell writes."""
        if cell.lower() not in WORDS:
            raise ValueError("write true or false")
        return WORDS[cell.lower()]

    def exact(self, value: object) -> Value | None:
        """Return the boolean that a cell holds, as a number or a text too."""
        if isinstance(value, str):
            return WORDS.get(value.lower())
        number = number_of(value)
        return bool(number) if number in (0, 1) else None

    def noun(self) -> str:
        """Return what it is."""
        return "true or false"

    def span(self) -> str:
        """Return nothing: there is no range."""
        return ""

    def label(self, text: str) -> Value:
        """Return the boolean of its word."""
        return text == "true"

    def yes(self) -> str:
        """Return true."""
        return "true"

    def classes(self) -> tuple[str, ...]:
        """Return both."""
        return ("false", "true")

    def annotation(self) -> Any:
        """Return a strict boolean."""
        return bool

    def hint(self, value: object) -> str:
        """Return the boolean that was meant."""
        if isinstance(value, bool | list | dict) or value not in (0, 1, "true", "false", "True", "False"):
            return ""
        return f"send {'true' if value in (1, 'true', 'True') else 'false'}"

    def example(self) -> bool:
        """Return true."""
        return True

    def drawn(self, random: Random) -> bool:
        """Return either."""
        return random.random() < 0.5

    def encode(self, values: Sequence[object]) -> np.ndarray:
        """Return 1 and 0 as float32; null is NaN."""
        return floats(values)

    def corners(self, seen: np.ndarray) -> list[Corner]:  # noqa: ARG002
        """Return both."""
        return [Corner("false", 0.0), Corner("true", 1.0)]
