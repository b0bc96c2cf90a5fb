"""Number: an amount that may be a fraction."""

from __future__ import annotations

import math
import re
from abc import abstractmethod
from collections.abc import Callable, Collection, Sequence
from decimal import Decimal
from random import Random
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from trunkline.core.errors import ContractError

from .counting import bins, numbers
from .encoding import floats
from .ends import ends
from .profiles import AnyProfile
from .protocol import Corner, InputType, Probe, Value

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
LARGEST_FLOAT32 = 3.4028234663852886e38
WIDEST = 1000
"""How far draws go where the contract leaves a number open at one end."""
SPREADS = 10
"""How many standard deviations beyond the rows a corner lies where the contract names no end."""


class Amount(InputType):
    """What numbers and whole numbers share: a range, and float32 in the model."""

    quantity = True
    answer = "regression"
    ranged = True
    tensor = "float"
    largest: ClassVar[float] = LARGEST_FLOAT32
    """Near the largest value that a model can be given, and exact as a float."""

    def bounds(self, low: Callable[[float], float], high: Callable[[float], float]) -> dict[str, Any]:
        """Return the range as pydantic writes it, its ends rounded by `low` and `high`."""
        named = (("ge", self.column.minimum, low), ("le", self.column.maximum, high))
        return {
            key: inwards(end) if math.isfinite(end) else end for key, end, inwards in named if end is not None
        }

    def end(self, value: object, step: int) -> float:
        """Return the end as a float; see `outside`."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            return super().end(value, step)
        return self.outside(value, step) if step else float(value)

    @abstractmethod
    def outside(self, value: float, step: int) -> float:
        """Return the first value beyond an open end."""

    def summary(self, values: Sequence[object]) -> AnyProfile:
        """Return counts on bins between quantiles, or one a value for whole numbers that lie close together."""
        return self.counted(bins(numbers(values, self.column.name), whole=self.whole), values)

    def nearest(self) -> float:
        """Return the least value, or the one nearest to zero where none is the least."""
        least, most = self.column.minimum, self.column.maximum
        return least if least is not None else min(0.0, most if most is not None else 0.0)

    def reach(self) -> tuple[float, float]:
        """Return the range to draw from."""
        return ends(self.column, 0.0, WIDEST)

    def probes(self, known: Collection[object]) -> list[Probe]:
        """Return the ends of the range, else what lies as far beyond `known` as it is wide."""
        seen = np.array(list(known), dtype=np.float64)
        least, most = (float(seen.min()), float(seen.max())) if len(seen) else (0.0, 0.0)
        wide = most - least or max(1.0, abs(most))
        low, high = self.column.minimum, self.column.maximum
        bottom = -self.largest if low is None else max(low, -self.largest)
        top = self.largest if high is None else min(high, self.largest)
        found = []
        for declared, end, beyond, name in (
            (low, bottom, least - wide, "least"),
            (high, top, most + wide, "greatest"),
        ):
            value = min(max(beyond, bottom), top) if declared is None else end
            why = f"beyond what training had, with no {name} value in the contract"
            found.append(
                Probe(
                    self.inwards(value, low=name == "least"),
                    why if declared is None else f"the contract's {name} value",
                )
            )
        return found

    def inwards(self, value: float, *, low: bool) -> float:  # noqa: ARG002
        """Return the value of the type at or inside a low or a high end."""
        return value

    def encode(self, values: Sequence[object]) -> np.ndarray:
        """Return float32; null is NaN, and what is too large infinite."""
        return floats(values)

    def corners(self, seen: np.ndarray) -> list[Corner]:
        """Return the ends of the range, else values far outside of `seen`."""
        seen = seen.astype(float)
        seen = seen[np.isfinite(seen)]
        low, high = (seen.min(), seen.max()) if seen.size else (0.0, 1.0)
        far = SPREADS * (seen.std() if seen.size else 1.0)
        least = low - far if self.column.minimum is None else self.column.minimum
        most = high + far if self.column.maximum is None else self.column.maximum
        return [Corner(f"{end:g}", float(end)) for end in (least, most)]


class Number(Amount):
    """A number, whole or not."""

    dtypes = ("float",)
    stored = "float64"
    takes = ("integer",)

    def read(self, value: object) -> float:
        """Return a finite float that keeps every digit."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(unquoted(value) or "it is not a number")
        try:
            number = float(value)
        except OverflowError as error:
            raise ValueError("it is too large") from error
        if not math.isfinite(number):
            raise ValueError("it is not finite")
        if isinstance(value, int) and int(number) != value:
            raise ValueError("it has more digits than a number keeps")
        self.in_range(number)
        return number

    def parse(self, cell: str) -> float:
        """Return the number that a cell writes."""
        if not NUMBER.fullmatch(cell):
            raise ValueError("write a number")
        return float(cell)

    def exact(self, value: object) -> Value | None:
        """Return the number that a cell holds with every digit."""
        if isinstance(value, str):
            value = float(value) if NUMBER.fullmatch(value) else None
        number = number_of(value)
        try:
            kept = number is not None and math.isfinite(number) and int(float(number)) == int(number)
        except OverflowError:
            return None
        return float(number) if kept and number is not None else None

    def outside(self, value: float, step: int) -> float:  # noqa: ARG002
        """Raise ContractError: a fraction has no next one."""
        raise ContractError(
            f"{self.column.name}: the ends of a range are inclusive in a contract, and gt or lt on a fractional number "
            "is not.",
            value=value,
            next_step="use ge or le with the least or greatest value that is still right",
        )

    def noun(self) -> str:
        """Return what it is."""
        return "a number"

    def annotation(self) -> Any:
        """Return a strict float within its range and 32 bits."""
        return Annotated[float, Field(**self.bounds(float, float)), AfterValidator(_fits)]

    def hint(self, value: object) -> str:
        """Return the number as it should be sent."""
        quoted = isinstance(value, str) and unquoted(value)
        return f"send {str(value).strip()} without quotes" if quoted else super().hint(value)

    def example(self) -> float:
        """Return the least value, or the one nearest to zero."""
        return self.nearest()

    def drawn(self, random: Random) -> float:
        """Return any value of the range."""
        return random.uniform(*self.reach())


def number_of(value: object) -> float | None:
    """Return a cell of a frame as a number, booleans and decimals too; None where it is none."""
    if isinstance(value, Decimal) and value.is_finite():
        return int(value) if value == value.to_integral_value() else float(value)
    return value if isinstance(value, bool | int | float) else None


def unquoted(value: object) -> str:
    """Return the advice for a number that was sent as a text; empty for everything else."""
    quoted = isinstance(value, str) and NUMBER.fullmatch(value.strip())
    return "write it without quotes" if quoted else ""


def _fits(value: float) -> float:
    # Models compute in float32: what does not fit would reach them as infinity.
    if not -LARGEST_FLOAT32 <= value <= LARGEST_FLOAT32:
        raise PydanticCustomError("too_large", "Input should fit a 32-bit float")
    return value
