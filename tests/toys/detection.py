"""A toy task: boxes in a picture, each with a class and a score; every object that is there is one event."""

from collections.abc import Sequence

import numpy as np

from trunkline.measure.paired import Array, Paired
from trunkline.tasks.listed import Listed, Part, Truth


def overlap(one: list[float], two: list[float]) -> float:
    """Return the intersection of two boxes (left, top, right, bottom) over their union."""
    sides = [max(0.0, min(one[2 + k], two[2 + k]) - max(one[k], two[k])) for k in (0, 1)]
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, two)]
    return sides[0] * sides[1] / (sum(areas) - sides[0] * sides[1])


def found(paired: Paired) -> Array:
    """The share of the objects of a picture that a box of their class covers by half or more."""
    shares = []
    for truth, boxes in zip(paired.truth, paired.labels, strict=True):
        objects = [entry_of(str(text)) for text in truth.values()]
        hits = [
            any(box["class"] == one["class"] and overlap(box["box"], one["box"]) >= 0.5 for box in boxes)
            for one in objects
        ]
        shares.append(np.mean(hits))
    return np.array(shares)


def precision(paired: Paired) -> float:
    """The share of all boxes, of whatever picture, that cover an object of their class by half or more."""
    hits = [
        any(box["class"] == one["class"] and overlap(box["box"], one["box"]) >= 0.5 for one in objects)
        for truth, boxes in zip(paired.truth, paired.labels, strict=True)
        for objects in [[entry_of(str(text)) for text in truth.values()]]
        for box in boxes
    ]
    return float(np.mean(hits)) if hits else 0.0


def entry_of(text: str) -> Part:
    """Return what an event says: a class and the four sides of a box."""
    name, *sides = text.split()
    return {"class": name, "box": [float(side) for side in sides], "score": 1.0}


class Detection(Listed):
    """The answer is a list of boxes; an event's value is a text such as `cat 0 0 10 20`."""

    name = "toy-detection"
    parts = {
        "class": {"type": "string"},
        "box": {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 4},
        "score": {"type": "number"},
    }
    metrics = {"recall_at_half": found, "precision_at_half": precision}

    def perfect(self, truth: Truth) -> list[Part]:
        return [entry_of(str(text)) for text in truth.values()]

    def blind(self, truths: Sequence[Truth]) -> list[Part]:
        return self.perfect(truths[0])

    def example(self) -> tuple[list[Truth], list[list[Part]]]:
        near: Part = {"class": "cat", "box": [0.0, 0.0, 10.0, 8.0], "score": 0.8}
        return [{"1": "cat 0 0 10 10"}, {"1": "dog 0 0 10 10"}], [[near], [near]]
