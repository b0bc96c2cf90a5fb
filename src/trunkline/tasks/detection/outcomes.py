"""Boxes as outcomes of a snapshot's rows: what the gates of data ask, with pandas at hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from trunkline.core.contract import Contract, Role
from trunkline.core.figures import Figure
from trunkline.core.snapshots import Part
from trunkline.core.verdicts import Outcome
from trunkline.inputs import input_of
from trunkline.inputs.boxes_text import Boxed, read_boxes

from ..listed_judging import Events
from ..outcomes import Sufficient

FLAT, OUTSIDE, TWICE = "with a box without an area", "with a box outside", "with a box twice"
SLACK = 1.0
"""Pixels by which a box may reach out: some count them from 1."""
LEAST_IN_TEST = 10
"""Objects of each class that the test part needs before anything can be said of it."""


class Objects(Events):
    """Outcomes of which each is the boxes of one picture."""

    measure = ""
    faults = (FLAT, OUTSIDE, TWICE)

    def faulty(self, rows: pd.DataFrame, contract: Contract) -> Mapping[str, list[str]]:
        """Return the pictures with a box that has no area, reaches out of the picture, or comes twice."""
        found: dict[str, list[str]] = {fault: [] for fault in self.faults}
        key = contract.of_role(Role.KEY)
        names = rows.index if key is None else rows[key.name]
        sizes = _sizes(rows, contract)
        for name, text, size in zip(names, rows[contract.outcome.name], sizes, strict=True):
            for fault in _faults(read_boxes(str(text)), size):
                found[fault].append(str(name))
        return found

    def sufficient(self, parts: Mapping[Part, pd.Series[Any]], contract: Contract) -> Sufficient:
        """Return whether train has every class, and test enough objects of each."""
        counts = {part: _objects(values) for part, values in parts.items()}
        classes = contract.outcome.categories or tuple(sorted(set().union(*counts.values())))
        unseen = [name for name in classes if not counts["train"][name]]
        rare = [name for name in classes if counts["test"][name] < LEAST_IN_TEST]
        outcome: Outcome = "fail" if unseen else "inconclusive" if rare else "pass"
        total = sum(counts.values(), Counter[str]())
        least = min(classes, key=lambda name: counts["test"][name], default="")
        reason = {
            "fail": f"Train has no object of {' or '.join(unseen)}.",
            "inconclusive": f"Test has fewer than {LEAST_IN_TEST} objects of {' or '.join(rare)}.",
            "pass": f"Every class is there; the rarest in test is {least}, {counts['test'][least]:,} times.",
        }[outcome]
        pictures = sum(map(len, parts.values()))
        figures = tuple(
            Figure(name="objects", value=float(total[name]), rows=pictures, group=f"class={name}")
            for name in classes
        )
        return Sufficient(outcome, reason, figures, threshold=LEAST_IN_TEST)


def _objects(values: pd.Series[Any]) -> Counter[str]:
    return Counter(str(one["class"]) for text in values for one in read_boxes(str(text)))


def _sizes(rows: pd.DataFrame, contract: Contract) -> list[tuple[float, float]]:
    """Return the width and height of each picture in the unit of boxes; infinite where there is none."""
    if contract.outcome.unit == "relative":
        return [(1.0, 1.0)] * len(rows)
    for column in contract.features:
        sizes = [input_of(column).size(value) for value in rows[column.name]]
        if any(sizes):
            return [size or (float("inf"), float("inf")) for size in sizes]
    return [(float("inf"), float("inf"))] * len(rows)


def _faults(boxes: Sequence[Boxed], size: tuple[float, float]) -> set[str]:
    slack = SLACK if size > (1.0, 1.0) else 0.0
    sides = [(one["class"], *one["box"]) for one in boxes]
    found = {TWICE} if len(set(sides)) < len(sides) else set()
    for _, left, top, right, bottom in sides:
        if right <= left or bottom <= top:
            found.add(FLAT)
        if min(left, top) < -slack or right > size[0] + slack or bottom > size[1] + slack:
            found.add(OUTSIDE)
    return found
