"""Estimators: what tasks share whose models need no more than `fit` and `predict`."""

from __future__ import annotations

from typing import Any

from sklearn.model_selection import GroupKFold, KFold

from trunkline.core.contract import Contract


class Estimators:
    """Rows are answered one by one, and a prediction is the whole answer."""

    def rows(self, frame: Any, contract: Contract) -> Any:
        """Return them as they are."""
        return frame

    def folds(self, *, grouped: bool) -> Any:
        """Return folds that shuffle."""
        return GroupKFold if grouped else KFold

    def complete(self, model: Any) -> bool:
        """Return that a prediction is enough."""
        return True

    def classes(self, model: Any, contract: Contract, *, candidate: str) -> tuple[str, ...]:
        """Return none."""
        return ()

    def export_options(self, model: Any) -> dict[Any, Any]:
        """Return none."""
        return {}
