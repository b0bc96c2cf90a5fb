"""Boxes as answers: what training and gates ask, with the training stack at hand."""

from __future__ import annotations

from typing import Any

from trunkline.core.contract import Contract
from trunkline.core.errors import DataError
from trunkline.inputs.boxes_text import read_boxes
from trunkline.measure.paired import Array

from ..answers import objects
from ..listed_judging import ListedJudging


class DetectionJudging(ListedJudging):
    """Estimators that predict a list of boxes for each picture: dictionaries of `class`, `box` and `score`.

    They are fitted on lists of the same without a score. A row of a snapshot is a picture.
    """

    def rows(self, frame: Any, contract: Contract) -> Any:
        """Return them as they are."""
        return frame

    def truth(self, values: Any, contract: Contract) -> Array:
        """Return the boxes of each picture."""
        return objects(read_boxes(str(text)) for text in values)

    def outcome(self, values: Any, contract: Contract) -> Array:
        """Return the boxes of each picture."""
        return self.truth(values, contract)

    def require_learnable(self, y: Array, contract: Contract, *, folds: int) -> None:
        """Raise DataError unless there are pictures enough, and an object in one."""
        super().require_learnable(y, contract, folds=folds)
        if not any(y):
            raise DataError(
                f"No picture of {len(y)} has an object.", next_step="look at what load() in data.py gives"
            )
