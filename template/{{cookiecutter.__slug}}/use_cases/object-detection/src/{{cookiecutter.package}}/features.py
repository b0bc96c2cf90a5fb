"""The features: how a row becomes numbers. Fitted with the model, exported with it, so serving repeats it exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, TransformerMixin
from trunkline.inputs.image_file import upright

SIDE = 80
"""Points along the longer side of what the model sees."""


class Reduced(TransformerMixin, BaseEstimator):
    """Makes pictures small, and takes their ground, the usual colour, for zero.

    Each becomes a pair: the points, of shape (height, width, 3), and how many pixels of the picture one point covers.
    """

    def fit(self, rows: pd.DataFrame, y: Any = None) -> Reduced:
        """Learn nothing."""
        return self

    def transform(self, rows: pd.DataFrame) -> list[tuple[np.ndarray, tuple[float, float]]]:
        """Return the small pictures."""
        return [self._reduced(text) for text in rows["image"]]

    def _reduced(self, text: str) -> tuple[np.ndarray, tuple[float, float]]:
        picture = upright(text)
        scale = max(picture.size) / SIDE
        width, height = (max(1, round(side / scale)) for side in picture.size)
        points = np.asarray(picture.resize((width, height), 4), dtype=np.float32) / 255
        points = points - np.median(points, axis=(0, 1))
        return points, (picture.width / width, picture.height / height)

    def __sklearn_is_fitted__(self) -> bool:
        return True


def features() -> Reduced:
    """Return the unfitted transformer; it sees the contract's columns of role `feature`, by name."""
    return Reduced()
