"""Encoding: values as a model gets them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def texts(values: Sequence[object]) -> np.ndarray:
    """Return values as an object array of `str`; null is the empty text. Shape (n,)."""
    found = np.empty(len(values), dtype=object)
    found[:] = ["" if value is None else str(value) for value in values]
    return found


def floats(values: Sequence[object]) -> np.ndarray:
    """Return values as float32; null is NaN. Shape (n,)."""
    numbers: Any = [np.nan if value is None else value for value in values]
    return np.array(numbers, dtype=np.float32)
