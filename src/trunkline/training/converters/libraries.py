"""Estimators of other libraries, by what they hold: the classes have the contract's names again."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .graph import Classified, Graph, Tensor, Value
from .registry import classified, converts, predicted


@converts("trunkline", "TakenClassifier")
def classifier(graph: Graph, step: Any, value: Value) -> Classified:
    """Write the estimator, whose classes are numbers from 0 in the order of the names."""
    return replace(classified(graph, step.estimator_, value), classes=step.classes_)


@converts("trunkline", "TakenRegressor")
def regressor(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write the estimator."""
    return predicted(graph, step.estimator_, value)
