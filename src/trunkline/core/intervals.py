"""Intervals that need nothing but arithmetic."""

from __future__ import annotations

import math
from statistics import NormalDist

from .figures import Interval


def wilson(hits: float, rows: float, level: float = 0.95) -> Interval:
    """Return the score interval of a share (Wilson, JASA 22, 1927) at `level`; 0 to 1 where there are no rows.

    It stays within 0 and 1 and holds for rare hits.
    """
    if not rows:
        return Interval(low=0.0, high=1.0, level=level)
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share, shrink = hits / rows, 1 + z * z / rows
    middle = (share + z * z / (2 * rows)) / shrink
    half = z / shrink * math.sqrt(share * (1 - share) / rows + z * z / (4 * rows * rows))
    return Interval(
        low=0.0 if not hits else max(0.0, middle - half),
        high=1.0 if hits == rows else min(1.0, middle + half),
        level=level,
    )
