"""What a task offers as a metric of its own; named apart, for services know it and import nothing heavy."""

from __future__ import annotations

from collections.abc import Callable

from .paired import Array, Paired

OwnMetric = Callable[[Paired], Array | float | Callable[[Array], Array]]
"""One value a row, of which the mean counts; a number for all rows; or a function of counts, shape (draws, rows)."""
