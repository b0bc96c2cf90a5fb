"""Boxes as answers: with numpy alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from trunkline.core.contract import Contract
from trunkline.core.decision import Decision
from trunkline.core.errors import ContractError
from trunkline.inputs import Value, input_of
from trunkline.inputs.boxes_text import read_boxes
from trunkline.measure.overlap import overlaps
from trunkline.measure.own_metric import OwnMetric
from trunkline.measure.paired import Array, Paired
from trunkline.measure.users import Users

from ..answers import Answers, Apart, incomparable, objects
from ..listed import Listed, Part
from ..outcome import outcome_value, require_answers
from ..task import Watched
from .precision import classes_in, map_50, map_50_95, of_class, picture_f1

SAME = 0.5
"""The overlap from which two models' boxes are the same box."""
MOST_BLIND = 100


class Detection(Listed):
    """The answer is a list of boxes; what happened is a text of boxes, whole or one an item."""

    name = "detection"
    judging = "trunkline.tasks.detection.judging:DetectionJudging"
    outcomes = "trunkline.tasks.detection.outcomes:Objects"
    tag = "object-detection"
    parts: Mapping[str, Mapping[str, Any]] = {
        "class": {"type": "string"},
        "box": {
            "type": "array",
            "items": {"type": "number"},
            "minItems": 4,
            "maxItems": 4,
            "description": "left, top, right, bottom",
        },
        "score": {"type": "number", "minimum": 0, "maximum": 1},
    }
    metrics: Mapping[str, OwnMetric] = {"map_50": map_50, "map_50_95": map_50_95, "picture_f1": picture_f1}
    graded = "picture_f1"
    unasked = Listed.unasked - {"data/classes"}

    def check(self, contract: Contract) -> None:
        """Raise ContractError unless the outcome holds boxes."""
        if input_of(contract.outcome).answer != self.name:
            raise ContractError(
                f"{contract.outcome.name}: a detection answers boxes.",
                next_step='declare it as a str with holds="boxes" and its classes',
            )

    def checked(
        self,
        raw: Sequence[Any],
        rows: int,
        *,
        classes: tuple[str, ...] = (),
        decision: Decision | None = None,
    ) -> Answers:
        """Return the boxes of each row, the surest first."""
        answers = super().checked(raw, rows)
        lists = []
        for entries in answers.predictions:
            for one in entries:
                _require_box(one)
            lists.append(sorted(entries, key=lambda one: -one["score"]))
        return Answers(objects(lists))

    def event(self, item: str, value: object, contract: Contract) -> Value:
        """Return the boxes of a picture, or, of an item, one box."""
        found = outcome_value(value, contract)
        if item and len(read_boxes(str(found))) != 1:
            raise ValueError("an item is one box; without an item, all boxes of the picture")
        return found

    def truth(self, events: Mapping[str, Value], contract: Contract) -> Any:
        """Return the boxes of the whole picture, then those that were told one by one."""
        return [box for item in sorted(events) for box in read_boxes(str(events[item]))]

    def perfect(self, truth: Any) -> list[Part]:
        """Return the objects as boxes."""
        return [{**one, "score": 1.0} for one in truth]

    def blind(self, truths: Sequence[Any]) -> list[Part]:
        """Return the objects of the picture that has the middle number of them."""
        ordered = sorted(truths, key=len)
        middle = ordered[len(ordered) // 2] if ordered else []
        return [{**one, "score": 0.5} for one in middle[:MOST_BLIND]]

    def example(self) -> tuple[list[Any], list[list[Part]]]:
        """Return two pictures, of which one is answered a little beside."""
        one, two = (
            {"class": "dog", "box": [0.0, 0.0, 10.0, 10.0]},
            {"class": "cat", "box": [5.0, 5.0, 9.0, 9.0]},
        )
        near = {"class": "dog", "box": [0.0, 0.0, 10.0, 8.0], "score": 0.8}
        return [[one], [one, two]], [[near], [near, {**two, "score": 0.6}]]

    def pair(
        self,
        truth: Array,
        answers: Answers,
        contract: Contract,
        *,
        known: Sequence[str] = (),
        users: Users | None = None,
    ) -> Paired:
        """Return both as lists of boxes."""
        require_answers(len(truth), len(answers))
        return Paired(objects(truth), objects(answers.predictions), None, users=users, task=self.name)

    def apart(self, expected: Answers, found: Answers, *, least: float | None = None) -> Apart:
        """Return where a box of one model is none of the other's, and how far the same boxes and scores lie apart."""
        if len(expected) != len(found):
            return incomparable(len(expected))
        pairs = [_apart(*both) for both in zip(expected.predictions, found.predictions, strict=True)]
        return Apart(
            np.array([other for other, _ in pairs], dtype=bool),
            np.array([distance for _, distance in pairs], dtype=np.float64),
        )

    def watched(self, answers: Answers, contract: Contract) -> Watched:
        """Return the greatest score of each answer, and of each class how many boxes and how sure."""
        scores: dict[str, list[float]] = {}
        for name in contract.outcome.categories or classes_in(answers.predictions):
            seen = [of_class(entries, name).scores for entries in answers.predictions]
            scores[f"number of {name}"] = [float(len(one)) for one in seen]
            scores[f"score of {name}"] = [float(one.mean()) if len(one) else np.nan for one in seen]
        most = [
            max((float(one["score"]) for one in entries), default=np.nan) for entries in answers.predictions
        ]
        return Watched(
            None,
            np.array(most, dtype=np.float64),
            parts={name: np.array(values, dtype=np.float64) for name, values in scores.items()},
        )

    def kinds(self, paired: Paired) -> Mapping[str, Paired]:
        """Return the boxes of each class that a picture has."""
        return {
            name: replace(
                paired,
                truth=objects([one for one in entries if one["class"] == name] for entries in paired.truth),
                labels=objects([one for one in entries if one["class"] == name] for entries in paired.labels),
            )
            for name in classes_in(paired.truth)
        }


def _require_box(one: Part) -> None:
    sides = one["box"]
    if not isinstance(one["class"], str) or not isinstance(sides, list) or len(sides) != 4:
        raise ValueError("a class in words and a box of four sides in each entry")
    if sides[2] < sides[0] or sides[3] < sides[1]:
        raise ValueError(f"boxes of left, top, right and bottom; {sides} ends before it begins")
    if not 0 <= one["score"] <= 1:
        raise ValueError(f"scores from 0 to 1, but {one['score']}")


def _apart(mine: Sequence[Part], theirs: Sequence[Part]) -> tuple[bool, float]:
    if not mine and not theirs:
        return False, 0.0
    if len(mine) != len(theirs):
        return True, 1.0
    left, distance = list(range(len(theirs))), 0.0
    for one in mine:
        same = [place for place in left if theirs[place]["class"] == one["class"]]
        boxes = np.array([theirs[place]["box"] for place in same], dtype=np.float64).reshape(-1, 4)
        shared = overlaps(np.array([one["box"]], dtype=np.float64), boxes)[0]
        if not len(shared) or shared.max() < SAME:
            return True, 1.0
        best = same[int(shared.argmax())]
        left.remove(best)
        distance = max(
            distance, 1 - float(shared.max()), abs(float(one["score"]) - float(theirs[best]["score"]))
        )
    return False, distance
