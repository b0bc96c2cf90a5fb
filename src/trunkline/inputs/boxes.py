"""Boxes: the objects in a picture, as one text of classes and sides; what a detection answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from random import Random
from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator, Field

from trunkline.core.errors import ContractError, instead

from .boxes_text import boxes_text, read_boxes
from .counting import bins, is_null
from .encoding import texts
from .parted import Parted
from .profiles import AnyProfile, PartsProfile
from .protocol import Corner, Value
from .strictly import strictly

SHOWN = 8
OTHER = "thing"
NUMBER = "number"
"""The part of a profile."""


class Boxes(Parted):
    """Classes and boxes in pixels, or in shares of the picture where the unit is `relative`."""

    answer = "detection"
    summarised = False
    plain = False
    tensor = ""
    keys = ("classes",)

    def said(self, metadata: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the classes that a field names."""
        named = metadata.get("classes", ())
        listed = isinstance(named, list | tuple) and all(isinstance(one, str) for one in named)
        if not listed or len(set(named)) < len(named) or not named:
            raise ContractError(
                f"{self.column.name}: `classes` must list the classes of objects, each once.",
                value=named,
                next_step='write classes=["dog", "cat"]',
            )
        try:
            boxes_text({"class": name, "box": (0, 0, 1, 1)} for name in named)
        except ValueError as error:
            raise ContractError(f"{self.column.name}: {error}.") from error
        return {"categories": tuple(named)}

    def read(self, value: object) -> str:
        """Return boxes of the classes, written as they always are."""
        if not isinstance(value, str):
            raise ValueError("it is not a text: write `class left top right bottom; ...`")
        found = read_boxes(value)
        for one in found:
            if self.column.categories and one["class"] not in self.column.categories:
                raise ValueError(
                    f"{one['class'][:60]!r} is no class: {instead(one['class'], self.column.categories)}"
                )
        return boxes_text(found)

    def exact(self, value: object) -> Value | None:
        """Return boxes."""
        try:
            return self.read(value)
        except ValueError:
            return None

    def noun(self) -> str:
        """Return how they are written, and the classes."""
        names, more = self.column.categories[:SHOWN], len(self.column.categories) - SHOWN
        listed = ", ".join(names) + (f" and {more:,} more" if more > 0 else "")
        unit = "shares of the picture" if self.column.unit == "relative" else "pixels"
        return f"boxes, each `class left top right bottom` in {unit}, with ; between" + (
            f", of {listed}" * bool(names)
        )

    def span(self) -> str:
        """Return nothing: there is no range."""
        return ""

    def annotation(self) -> Any:
        """Return a text."""
        return Annotated[str, Field(), AfterValidator(strictly(self.read))]

    def hint(self, value: object) -> str:
        """Return why it is not taken."""
        try:
            self.read(value)
        except ValueError as error:
            return str(error)
        return ""

    def example(self) -> str:
        """Return one box of the first class."""
        return self._box(next(iter(self.column.categories), OTHER), 0.1)

    def drawn(self, random: Random) -> str:
        """Return a box of any class."""
        return self._box(random.choice(self.column.categories or (OTHER,)), random.random() / 2)

    def wrong(self) -> tuple[object, ...]:
        """Return what is no box, and a box that ends before it begins."""
        name = next(iter(self.column.categories), OTHER)
        return ("neither of these", f"{name} 9 9 3 3")

    def classes(self) -> tuple[str, ...]:
        """Return none: a class is no value of the column."""
        return ()

    def summary(self, values: Sequence[object]) -> AnyProfile:
        """Return how many boxes there are in a picture."""
        numbers = [len(read_boxes(str(value))) for value in values if not is_null(value)]
        like = PartsProfile(parts={NUMBER: bins(np.array(numbers, dtype=float), whole=True)})
        return self.counted(like, values)

    def measured(self, values: Iterable[str], like: PartsProfile) -> Iterator[dict[str, object]]:  # noqa: ARG002
        """Return how many boxes each value has."""
        return ({NUMBER: len(read_boxes(value))} for value in values)

    def encode(self, values: Sequence[object]) -> np.ndarray:
        """Return the texts; null is the empty one."""
        return texts(values)

    def corners(self, seen: np.ndarray) -> list[Corner]:  # noqa: ARG002
        """Return no box at all."""
        return [Corner("without a box", "")]

    def _box(self, name: str, begin: float) -> str:
        scale = 1.0 if self.column.unit == "relative" else 100.0
        sides = [round(begin * scale, 3), round(begin * scale, 3), 0.75 * scale, 0.5 * scale]
        return boxes_text([{"class": name, "box": sides}])
