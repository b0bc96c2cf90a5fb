"""Boxes as outcomes of a snapshot's rows: what the gates of data ask, with pandas at hand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd

from trunkline.core.contract import Contract
from trunkline.core.figures import Figure
from trunkline.core.snapshots import Part
from trunkline.core.verdicts import Outcome
from trunkline.inputs.boxes_text import read_boxes

from ..listed_judging import Events
from ..outcomes import Sufficient

LEAST_IN_TEST = 10
"""Objects of each class that the test part needs before anything can be said of it."""


class Objects(Events):
    """Outcomes of which each is the boxes of one picture."""

    measure = ""

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
