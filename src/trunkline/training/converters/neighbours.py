"""Neighbours: the training rows travel as a constant."""

from __future__ import annotations

from typing import Any

import numpy as np

from .graph import Classified, ConversionError, Graph, Tensor, Value
from .links import normalised
from .registry import converts


@converts("sklearn", "KNeighborsClassifier")
def classifier(graph: Graph, step: Any, value: Value) -> Classified:
    """Write the nearest rows' votes."""
    votes = np.eye(len(step.classes_))[np.asarray(step._y).reshape(-1)]
    return Classified(step.classes_, _mean(graph, step, value, votes))


@converts("sklearn", "KNeighborsRegressor")
def regressor(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write the nearest rows' mean outcome."""
    outcomes = np.asarray(step._y, dtype=np.float64)
    if outcomes.ndim > 1 and outcomes.shape[1] > 1:
        raise ConversionError("several outcomes")
    return _mean(graph, step, value, outcomes.reshape(-1, 1))


def _mean(graph: Graph, step: Any, value: Value, table: Any) -> Tensor:
    """Return the weighted mean of the nearest rows' entries in a table, shape (n, width)."""
    if step.effective_metric_ != "euclidean" or step.weights not in ("uniform", "distance"):
        raise ConversionError(f"neighbours by {step.effective_metric_} and {step.weights}")
    known = step._fit_X.toarray() if hasattr(step._fit_X, "toarray") else np.asarray(step._fit_X)
    known = known.astype(np.float64)
    given = graph.double(value)
    # |x - k|² less |x|², which is the same for every k.
    product = graph.node("MatMul", given.name, graph.const(np.ascontiguousarray(-2.0 * known.T)))
    apart = graph.node("Add", product, graph.const((known**2).sum(axis=1)[None]))
    _, nearest = graph.node(
        "TopK", apart, graph.const([step.n_neighbors], np.int64), outputs=2, axis=1, largest=0
    )
    entries = graph.node("Gather", graph.const(table, np.float64), nearest, axis=0)
    if step.weights == "uniform":
        mean = graph.node("ReduceMean", entries, graph.const([1], np.int64), keepdims=0)
        return graph.result(mean, table.shape[1])
    rows = graph.node("Gather", graph.const(known), nearest, axis=0)
    single = graph.node("Unsqueeze", given.name, graph.const([1], np.int64))
    distance = graph.node("ReduceL2", graph.node("Sub", rows, single), graph.const([2], np.int64), keepdims=0)
    at = graph.node("Cast", graph.node("Equal", distance, graph.const(0.0)), to=11)
    some = graph.node("ReduceMax", at, graph.const([1], np.int64), keepdims=1)
    inverse = graph.node("Reciprocal", graph.node("Add", distance, at))
    same = graph.node("Cast", some, to=9)
    weights = normalised(graph, graph.result(graph.node("Where", same, at, inverse), step.n_neighbors))
    column = graph.node("Unsqueeze", weights.name, graph.const([1], np.int64))
    total = graph.node("MatMul", column, entries)
    return graph.result(graph.node("Squeeze", total, graph.const([1], np.int64)), table.shape[1])
