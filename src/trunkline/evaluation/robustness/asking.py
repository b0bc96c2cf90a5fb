"""Asking: rows, often changed on purpose, put to the model."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from trunkline.core.errors import BundleError
from trunkline.measure.paired import Array

from ..scored import Scored

Ask = Callable[[pd.DataFrame], Scored]
ROUNDING = 1e-5
"""What a runtime may show between batches, relative above 1: float32 sums in another order."""
REACHES_BACK = " The interval reaches back below the limit, so these rows cannot tell."
ROWS = 20_000
"""Rows that are changed and asked again at most."""


def finite_answers(ask: Ask, frame: pd.DataFrame) -> Scored:
    """Return the model's answers to the rows, one finite answer a row.

    Raises BundleError when some row has none, and whatever `ask` raises.
    """
    found = ask(frame)
    if len(found.labels) != len(frame):
        raise BundleError(f"{len(frame):,} rows got {len(found.labels):,} answers.")
    numbers = found.probabilities if found.probabilities is not None else _numbers(found.labels)
    if numbers is not None and (lost := int((~np.isfinite(numbers)).reshape(len(frame), -1).any(1).sum())):
        raise BundleError(f"{lost:,} of {len(frame):,} answers are not finite.")
    return found


def evenly(rows: int, most: int) -> Array:
    """Return the positions of at most `most` of so many rows, spread evenly, first and last among them."""
    return np.unique(np.linspace(0, rows - 1, min(rows, most)).astype(np.int64))


def sampled(scored: Scored) -> Scored:
    """Return as many rows with their answers as are changed and asked again at most, spread evenly."""
    return taken(scored, evenly(len(scored.frame), ROWS))


def taken(scored: Scored, index: Array) -> Scored:
    """Return the rows at these positions with their answers."""
    return Scored(
        scored.frame.iloc[index],
        scored.labels[index],
        None if scored.probabilities is None else scored.probabilities[index],
        scored.classes,
    )


def _numbers(labels: Array) -> Array | None:
    return labels if np.issubdtype(labels.dtype, np.floating) else None
