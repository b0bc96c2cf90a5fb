"""A toy task that no policy knows: the best items of a shop, judged by what was clicked."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from trunkline.measure.paired import Array, Paired
from trunkline.tasks.listed import Listed, Part, Truth


def first_hit(paired: Paired) -> Array:
    """One over the place of the first item that was clicked; 0 where none was."""
    clicked = [
        [bool(truth.get(entry["item"])) for entry in entries]
        for truth, entries in zip(paired.truth, paired.labels, strict=True)
    ]
    return np.array([1 / (1 + hits.index(True)) if any(hits) else 0.0 for hits in clicked])


class Ranking(Listed):
    """The answer is the best items, the best first; each click or skip of an item is one event."""

    name = "toy-ranking"
    parts = {"item": {"type": "string"}, "score": {"type": "number"}}
    metrics = {"reciprocal_rank": first_hit}
    silence = True  # What nobody clicked for a while was not liked.

    def perfect(self, truth: Truth) -> list[Part]:
        return [{"item": item, "score": 1.0} for item, clicked in truth.items() if clicked]

    def blind(self, truths: Sequence[Truth]) -> list[Part]:
        clicks = Counter(item for truth in truths for item, clicked in truth.items() if clicked)
        return [{"item": item, "score": number / len(truths)} for item, number in clicks.most_common(3)]

    def example(self) -> tuple[list[Truth], list[list[Part]]]:
        shown: list[Part] = [{"item": "a", "score": 0.9}, {"item": "b", "score": 0.5}]
        return [{"a": True}, {"b": True}, {"a": False, "c": True}], [shown, shown, shown]
