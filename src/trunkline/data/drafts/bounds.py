"""Bounds: round numbers around those that a file holds."""

from __future__ import annotations

import math

from .observed import Holds, Observed

YEARS = (1900, 2100)
STEPS = (1, 2, 5, 10)
DENSE = 60
"""Whole numbers without a gap up to which none but these are expected, as the minutes of an hour."""


def ends_of(one: Observed) -> tuple[float | int, float | int]:
    """Return the ends of a range: as they are where whole numbers come without a gap, else rounded outwards."""
    least, most = one.least or 0.0, one.most or 0.0
    if one.holds is Holds.WHOLE and one.distinct == most - least + 1 <= DENSE:
        return _whole(least), _whole(most)
    return outward(least, most)


def outward(least: float, most: float) -> tuple[float | int, float | int]:
    """Return the ends of a range, rounded outwards to one of 1, 2 and 5 times a power of ten; from 0 where it can be.

    What looks like years lies between 1900 and 2100.
    """
    if YEARS[0] <= least and most <= YEARS[1] and least == int(least) and most == int(most):
        return YEARS
    return (0 if least >= 0 else -_above(-least)), (0 if most <= 0 else _above(most))


def bands(one: Observed) -> tuple[float | int, ...]:
    """Return the edges that cut a number into groups of about equal size: the quartiles, rounded to two digits."""
    return tuple(sorted({_whole(float(f"{edge:.2g}")) for edge in one.quartiles}))


def _above(value: float) -> float | int:
    power = 10.0 ** math.floor(math.log10(value))
    return _whole(float(f"{next(step * power for step in STEPS if step * power >= value * (1 - 1e-9)):.12g}"))


def _whole(value: float) -> float | int:
    return int(value) if value == int(value) else value
