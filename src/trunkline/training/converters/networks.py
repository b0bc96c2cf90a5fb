"""Networks: scikit-learn's multi-layer perceptrons."""

from __future__ import annotations

from typing import Any

import numpy as np

from .graph import Classified, ConversionError, Graph, Tensor, Value
from .links import answered, sigmoid, softmax, two
from .registry import converts

ACTIVATIONS = {"relu": "Relu", "tanh": "Tanh", "identity": "", "logistic": "sigmoid"}


def _layers(graph: Graph, step: Any, value: Value) -> Tensor:
    found = graph.double(value)
    for place, (weights, bias) in enumerate(zip(step.coefs_, step.intercepts_, strict=True)):
        product = graph.node("MatMul", found.name, graph.const(weights, np.float64))
        found = graph.result(graph.node("Add", product, graph.const(bias[None], np.float64)), len(bias))
        if place < len(step.coefs_) - 1:
            kind = ACTIVATIONS[step.activation]
            if kind == "sigmoid":
                found = sigmoid(graph, found)
            elif kind:
                found = graph.result(graph.node(kind, found.name), found.width)
    return found


@converts("sklearn", "MLPClassifier")
def classifier(graph: Graph, step: Any, value: Value) -> Classified:
    """Write the layers, and the sigmoid or softmax of the last."""
    found = _layers(graph, step, value)
    if step.out_activation_ == "softmax":
        return Classified(step.classes_, softmax(graph, found))
    if found.width != 1 or step.out_activation_ != "logistic":
        raise ConversionError("a network with several labels a row")
    return Classified(step.classes_, two(graph, sigmoid(graph, found)))


@converts("sklearn", "MLPRegressor")
def regressor(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write the layers."""
    link = {"exp": "log"}.get(step.out_activation_, "identity")
    return answered(graph, _layers(graph, step, value), link)
