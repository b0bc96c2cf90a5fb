"""Ends: the range that values are drawn from."""

from __future__ import annotations

from trunkline.core.contract import Column


def ends(column: Column, begin: float, wide: float) -> tuple[float, float]:
    """Return a range to draw from: the column's own, or `wide` from its one end or from `begin`."""
    low, high = column.minimum, column.maximum
    if low is None:
        low = min(begin, high - wide) if high is not None else begin
    return low, low + wide if high is None else high
