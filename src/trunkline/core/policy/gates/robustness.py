"""What must not change an answer, or not by much."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from trunkline.core.policy.section import NAME, Section, Share, require_distinct

from .performance import Value


class Metamorphic(Section):
    """A change of the inputs whose effect on the answer is known without knowing the outcome."""

    name: Annotated[str, NAME]
    """What reports call it: small letters, digits and hyphens."""
    column: str
    """The feature that is changed; every other one stays."""
    add: float | None = None
    """Add this to a number (rows that would leave the contract's range are left out)."""
    multiply: float | None = None
    """Multiply a number by this."""
    set_to: Value | None = None
    """Give every row this value."""
    swap: tuple[Value, Value] | None = None
    """Exchange these two values."""
    expect: Literal["same", "not-higher", "not-lower"]
    """What may happen to the positive probability, or to the predicted number."""
    tolerance: Annotated[float, Field(ge=0)] = 0.01
    """A change of the answer as small as this is none: of a probability, or in the outcome's unit."""
    violations: Share = 0.01
    """The largest share of rows that may break the expectation."""

    @model_validator(mode="after")
    def _changes_one_thing(self) -> Metamorphic:
        given = [self.add, self.multiply, self.set_to, self.swap]
        if sum(change is not None for change in given) != 1:
            raise ValueError(f"the test {self.name} must say exactly one of add, multiply, set_to and swap")
        if self.add == 0 or self.multiply == 1 or (self.swap and self.swap[0] == self.swap[1]):
            raise ValueError(f"the test {self.name} changes nothing")
        return self


class RobustnessGates(Section):
    """What must not change an answer, or not by much."""

    row_order: bool = True
    """Answers may not depend on the order or the number of the rows asked for at once."""
    unseen: bool = True
    """Values that the contract allows and training never had must get an answer."""
    missing: Share | None = 0.1
    """The share of values taken away from the features that may be null."""
    noise: Annotated[float, Field(ge=0)] | None = 0.05
    """Noise added to numbers, in their standard deviations."""
    fall: Annotated[float, Field(ge=0)] = 0.05
    """How far `performance.metric` may fall under `missing` or `noise`.

    For errors and own metrics a share, as for `performance.margin`.
    """
    metamorphic: tuple[Metamorphic, ...] = ()
    """Changes of the inputs whose effect on the answer is known."""

    @field_validator("metamorphic")
    @classmethod
    def _names_each_once(cls, tests: tuple[Metamorphic, ...]) -> tuple[Metamorphic, ...]:
        require_distinct(tests, "name")
        return tests
