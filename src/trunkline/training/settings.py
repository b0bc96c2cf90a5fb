"""Settings as JSON: what a search found, in a form that is the same in every process."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator


def as_json(value: Any) -> Any:
    """Return a setting as JSON types; what JSON cannot hold becomes words without a memory address."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, np.ndarray):
        return as_json(value.tolist())
    if isinstance(value, list | tuple):
        return [as_json(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((as_json(item) for item in value), key=repr)
    if isinstance(value, dict):
        return {str(key): as_json(item) for key, item in value.items()}
    if isinstance(value, BaseEstimator):
        shown = {name: as_json(item) for name, item in sorted(value.get_params(deep=False).items())}
        return {"class": type(value).__name__} | shown
    return getattr(value, "__qualname__", None) or type(value).__qualname__
