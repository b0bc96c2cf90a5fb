"""The input type: everything that depends on what a column holds. One class a type, bound to its column."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from random import Random
from typing import Any, ClassVar, Literal

import numpy as np

from trunkline.core.contract import Column
from trunkline.core.errors import ContractError

from .asked import Corner as Corner
from .asked import Probe as Probe
from .counting import cells, fill, is_null
from .profiles import AnyProfile, PartsProfile

Value = bool | int | float | str
Stored = Literal["int64", "float64", "bool", "str"]
Tensor = Literal["float", "text", ""]


class InputType(ABC):
    """What a column holds. A new type is one subclass, and its line in the table of `core.plugins`.

    The class variables say how rooms treat every column of the type; the methods answer for the one column.
    """

    quantity: ClassVar[bool] = False
    """Whether values are amounts: ranges, bands, noise and quantiles mean something."""
    answer: ClassVar[str] = "classification"
    """The task that an outcome of this type means where the contract names none."""
    whole: ClassVar[bool] = False
    """Whether every value is a whole number."""
    free: ClassVar[bool] = False
    """Whether a value may hold anything a person wrote: it is shown in no report."""
    catalogued: ClassVar[bool] = False
    """Whether a model that knows a value answers for it: a user's column of the type is seen by the model."""
    textual: ClassVar[bool] = False
    """Whether it is written as a text as it is, so that lengths and patterns may be declared."""
    ranged: ClassVar[bool] = False
    """Whether the contract may declare its least and its greatest value."""
    dtypes: ClassVar[tuple[str, ...]] = ()
    """How the names begin of the types of pandas that declare it."""
    summarised: ClassVar[bool] = True
    """Whether a snapshot's lock describes the column by quantiles or shares."""
    stored: ClassVar[Stored] = "str"
    """The type of a column of a snapshot and of the project's frames."""
    plain: ClassVar[bool] = True
    """Whether every value of the stored type can stand in the column as it is, but for its range."""
    tensor: ClassVar[Tensor] = "text"
    """What an ONNX model gets: numbers, texts, or nothing at all."""
    takes: ClassVar[tuple[str, ...]] = ()
    """Other types of which every value is one of this type."""

    keys: ClassVar[tuple[str, ...]] = ()
    """What a field of the contract may say of a column of this type alone; `said` reads it."""
    kept: ClassVar[bool] = True
    """Whether the log keeps the value itself, so that a model can learn from it."""
    media: ClassVar[tuple[str, ...]] = ()
    """The types of files that a value may be, as a request announces them."""
    open_parts: ClassVar[tuple[str, ...]] = ("",)
    """The parts of a profile in which a value may come that the reference never saw; `` is a column counted whole."""

    strange: ClassVar[tuple[Value, ...]] = ()
    """Values that are hard to read, where the contract lists none."""

    def __init__(self, column: Column) -> None:
        self.column = column

    # The contract

    def said(self, metadata: Mapping[str, Any]) -> Mapping[str, Any]:  # noqa: ARG002
        """Return what the `keys` of a field say of the column, by the names of `Column`.

        Raises ContractError where one says what cannot be.
        """
        return {}

    # The rule

    def check(self, value: object) -> Value | None:
        """Return a value that has a type already, as in JSON, in the column's own type; None where it may be null.

        Only what loses nothing is converted: 3.0 is the whole number 3. Raises ValueError with the reason.
        """
        if value is not None:
            return self.read(value)
        if self.column.nullable:
            return None
        raise ValueError("null is not allowed")

    @abstractmethod
    def read(self, value: object) -> Value:
        """Return a value that is not null, as `check` does."""

    def parse(self, cell: str) -> Value:
        """Return the value of a text, such as a cell of a CSV file; its range is not checked.

        Raises ValueError where something would be lost or guessed: `00123` is not a whole number, `3.0` is.
        """
        return cell

    @abstractmethod
    def exact(self, value: object) -> Value | None:
        """Return a cell of a frame in the stored type; None where the conversion would lose something."""

    @abstractmethod
    def noun(self) -> str:
        """Return in words what a value is, without its range."""

    def rule(self) -> str:
        """Return in words what a value must be."""
        words = self.noun() + self.span()
        if self.column.unit and self.quantity:
            words += f" ({self.column.unit})"
        return words + (", or null" if self.column.nullable else "")

    def span(self) -> str:
        """Return the range in words, empty where there is none."""
        least, most = self.column.minimum, self.column.maximum
        if least is not None and most is not None:
            return f" from {least:g} to {most:g}"
        if least is not None:
            return f" of at least {least:g}"
        return f" of at most {most:g}" if most is not None else ""

    def end(self, value: object, step: int) -> float:  # noqa: ARG002
        """Return an end of a range as the contract keeps it, inclusive: an open end is `step` (1 or -1) away.

        Raises ContractError where it is no value of the column.
        """
        raise ContractError(
            f"{self.column.name}: a range needs a numeric column and numeric ends.", value=value
        )

    def named(self, value: object) -> Value | None:
        """Return a value that a policy names in the column's own type; None where the rule does not allow it."""
        try:
            return self.read(value)
        except ValueError:
            return None

    def in_range(
        self, value: float, *, small: str = "it is too small", large: str = "it is too large"
    ) -> None:
        """Raise ValueError where a value lies outside of the column's range."""
        if self.column.minimum is not None and value < self.column.minimum:
            raise ValueError(small)
        if self.column.maximum is not None and value > self.column.maximum:
            raise ValueError(large)

    def yes(self) -> str:
        """Return the value that counts as yes where the contract does not say it; empty where none does."""
        return ""

    def label(self, text: str) -> Value:
        """Return a category that is written as text in the column's own type: `"1"` is 1 where they are codes."""
        return text

    def classes(self) -> tuple[str, ...]:
        """Return the values that it may take one by one, as texts; empty where they are not declared."""
        return self.column.categories

    # The API

    @property
    def bulk(self) -> int:
        """Return how many characters one value may add to a request, where values are large; else 0."""
        return 0

    def weight(self, value: object) -> float:  # noqa: ARG002
        """Return the pixels of one value, without decoding it; 0 where it has none, or too many."""
        return 0

    @abstractmethod
    def annotation(self) -> Any:
        """Return the type by which pydantic checks a request and describes it in OpenAPI."""

    def hint(self, value: object) -> str:
        """Return what to send instead of a value that breaks the rule; empty where nobody can tell."""
        if isinstance(value, int | float) and str(value) in self.column.categories:
            return f'send "{json.dumps(value)}"'
        return ""

    @abstractmethod
    def example(self) -> object:
        """Return a value that keeps the rule, always the same."""

    def drawn(self, random: Random) -> object:  # noqa: ARG002
        """Return a drawn value that keeps the rule."""
        return self.example()

    def wrong(self) -> tuple[object, ...]:
        """Return values that break the rule at every door; none where every value is right."""
        return ("neither of these", *self.beyond())

    def beyond(self) -> tuple[object, ...]:
        """Return a value beyond each end of the range."""
        ends = ((self.column.minimum, -1), (self.column.maximum, 1))
        return tuple(self.at(end + sign * max(1.0, abs(end))) for end, sign in ends if end is not None)

    def at(self, number: float) -> object:
        """Return the value at a point of the range."""
        return number

    def probes(self, known: Collection[object]) -> list[Probe]:
        """Return the values that the rule allows and that are unlike the `known` ones, which are not null."""
        if labels := [self.label(name) for name in self.classes()]:
            return [Probe(label, "training never had it") for label in labels if label not in known]
        allowed = (value for value in self.strange if self.named(value) is not None)
        return [Probe(value, "unlike what training had") for value in allowed]

    # The log and its profile

    def logged(self, value: object) -> object:
        """Return what the prediction log keeps of a value."""
        return value

    def marked(self, value: object, like: AnyProfile) -> object:  # noqa: ARG002
        """Return what the log keeps of a value that is never in it, beside the reference's profile."""
        return None

    def summary(self, values: Sequence[object]) -> AnyProfile:
        """Return the profile of a reference, whose cells later windows are counted on; None and NaN are null.

        Raises DataError where a value is not of the type.
        """
        return self.counted(cells(values, self.classes()), values)

    def counted(self, like: AnyProfile, values: Sequence[object]) -> AnyProfile:
        """Return the profile of a window on the cells of a reference; see `summary`."""
        if not isinstance(like, PartsProfile):
            return fill(like, values, self.column.name)
        nulls = sum(map(is_null, values))
        return PartsProfile(count=len(values) - nulls, nulls=nulls)

    def incomparable(self, before: PartsProfile, after: PartsProfile) -> Mapping[str, str]:  # noqa: ARG002
        """Return the parts of a reference and a window that cannot be compared, with the reason in words."""
        return {}

    def size(self, value: object) -> tuple[float, float] | None:  # noqa: ARG002
        """Return the width and height in pixels of a picture; None of whatever has none."""
        return None

    # The model

    @abstractmethod
    def encode(self, values: Sequence[object]) -> np.ndarray:
        """Return values as the model gets them; None is null. Shape (n,).

        Raises ValueError or TypeError where one is not of the type.
        """

    @abstractmethod
    def corners(self, seen: np.ndarray) -> list[Corner]:
        """Return the edges of the rule, but for null; of `seen` (encoded values) where the contract names none."""
