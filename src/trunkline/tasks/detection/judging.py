"""Boxes as answers: what training and gates ask, with the training stack at hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trunkline.core.contract import Contract
from trunkline.core.errors import DataError
from trunkline.inputs.boxes_text import read_boxes
from trunkline.measure.paired import Array, Paired

from ..answers import objects
from ..listed_judging import ListedJudging
from .drawing import drawn


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

    def examples(self, frame: Any, paired: Paired, contract: Contract) -> Mapping[str, bytes]:
        """Return small pictures with objects and boxes, where the contract lets a small picture be kept."""
        column = next((one for one in contract.features if one.thumbnail), None)
        if column is None or column.name not in frame.columns:
            return {}
        return {
            "examples": drawn(
                frame[column.name].tolist(), paired, column, relative=contract.outcome.unit == "relative"
            )
        }

    def require_learnable(self, y: Array, contract: Contract, *, folds: int) -> None:
        """Raise DataError unless there are pictures enough, and an object in one."""
        super().require_learnable(y, contract, folds=folds)
        if not any(y):
            raise DataError(
                f"No picture of {len(y)} has an object.", next_step="look at what load() in data.py gives"
            )
