"""Boxes as text: `dog 10 20 110 220; cat 5 5 50 60`, a class and the left, top, right and bottom side of each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

BETWEEN = ";"
Boxed = dict[str, Any]
"""A class and a box: `{"class": "dog", "box": [10.0, 20.0, 110.0, 220.0]}`."""


def boxes_text(boxes: Iterable[Mapping[str, Any]]) -> str:
    """Return boxes, each with `class` and `box` (left, top, right, bottom), as one text; of none the empty one.

    Raises ValueError where one has no such sides, or a class that the text has no room for.
    """
    return f"{BETWEEN} ".join(_written(str(one["class"]), one["box"]) for one in boxes)


def read_boxes(text: str) -> list[Boxed]:
    """Return the boxes of a text, in its order. Raises ValueError with the reason."""
    if not text.strip():
        return []
    return [_read(part) for part in text.split(BETWEEN)]


def _written(name: str, sides: Sequence[float]) -> str:
    if not name.strip() or name != " ".join(name.split()) or BETWEEN in name:
        raise ValueError(
            f"a class cannot be called {name!r}: a {BETWEEN} or a blank more would be read otherwise"
        )
    numbers = [float(side) for side in sides]
    if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
        raise ValueError(f"a box has four sides, and not {list(sides)}")
    return " ".join([name, *(f"{number:.6f}".rstrip("0").rstrip(".") for number in numbers)])


def _read(part: str) -> Boxed:
    name, *sides = part.strip().rsplit(maxsplit=4)
    try:
        numbers = [float(side) for side in sides]
    except ValueError:
        numbers = []
    if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
        raise ValueError(f"{part.strip()[:60]!r} is no class with four sides")
    if numbers[2] < numbers[0] or numbers[3] < numbers[1]:
        raise ValueError(f"{part.strip()[:60]!r} ends before it begins: write left, top, right, bottom")
    return {"class": name, "box": numbers}
