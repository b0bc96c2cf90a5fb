"""Relevance: which events say that an item was right, whatever the outcome's column holds."""

from __future__ import annotations

from collections.abc import Mapping

from trunkline.core.contract import Contract, as_label
from trunkline.inputs import Value, input_of

Truth = Mapping[str, bool]
"""The items that something was recorded of, and whether each was right."""


def relevant(events: Mapping[str, Value], contract: Contract) -> dict[str, bool]:
    """Return of each item whether it was right.

    A class is right where it is the contract's positive one: clicked, bought, liked. Of an amount, more than 0 is right
    (how often, how many); where the outcome has `bands`, as many as the greatest of them: `bands=[4]` of ratings from
    1 to 5.
    """
    column = contract.outcome
    positive = contract.positive or input_of(column).yes()
    if positive:
        return {item: as_label(value) == positive for item, value in events.items()}
    if column.bands:
        return {item: float(value) >= column.bands[-1] for item, value in events.items()}
    return {item: float(value) > 0 for item, value in events.items()}
