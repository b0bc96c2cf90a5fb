"""Columns: pipelines, column transformers, unions and what chooses columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .graph import ConversionError, Frame, Graph, Tensor, Value
from .registry import converts, transformed, write


@converts("sklearn", "Pipeline")
def pipeline(graph: Graph, step: Any, value: Value) -> Any:
    """Write the steps one after the other."""
    for _, one in step.steps[:-1]:
        value = transformed(graph, one, value)
    last = step.steps[-1][1]
    return value if last is None or isinstance(last, str) else write(graph, last, value)


@converts("sklearn", "ColumnTransformer")
def column_transformer(graph: Graph, step: Any, value: Value) -> Value:
    """Write each block on its columns, and join what they give."""
    found = []
    for name, block, columns in step.transformers_:
        if isinstance(block, str) and block == "drop":
            continue
        chosen = _chosen(value, columns, graph, step)
        if isinstance(chosen, Frame):
            if not chosen.columns:
                continue
            chosen.require_tensors()
        given = transformed(graph, block, chosen)
        if isinstance(given, Tensor) and step.transformer_weights and name in step.transformer_weights:
            given = graph.apply("Mul", given, step.transformer_weights[name])
        found.append(given)
    return _beside(graph, found, sparse=bool(getattr(step, "sparse_output_", False)))


@converts("sklearn", "FeatureUnion")
def feature_union(graph: Graph, step: Any, value: Value) -> Value:
    """Write each block on all columns, and join what they give."""
    found = []
    for name, block in step.transformer_list:
        if isinstance(block, str) and block == "drop":
            continue
        given = graph.matrix(transformed(graph, block, value))
        weights = step.transformer_weights or {}
        found.append(graph.apply("Mul", given, weights[name]) if name in weights else given)
    return _beside(graph, found, sparse=any(one.sparse for one in found))


def _beside(graph: Graph, found: Sequence[Value], *, sparse: bool) -> Value:
    if any(isinstance(one, Frame) for one in found) and any(_texts(one) for one in found):
        # Texts and numbers beside each other stay columns: numpy would make objects of them.
        columns = [column for one in found for column in graph.each(one)]
        return Frame({f"{place}": column for place, column in enumerate(columns)})
    joined = graph.join([graph.matrix(one) for one in found])
    return Tensor(joined.name, joined.dtype, joined.width, sparse)


def _texts(value: Value) -> bool:
    columns = value.columns.values() if isinstance(value, Frame) else (value,)
    return any(column.dtype == object for column in columns)


def _chosen(value: Value, columns: Any, graph: Graph, step: Any) -> Value:
    """Return the columns of a block, which are named, counted, or marked one by one."""
    names = list(value.columns) if isinstance(value, Frame) else []
    known = [str(name) for name in getattr(step, "feature_names_in_", [])]
    if isinstance(columns, str | int | np.integer):
        columns = [columns]
    if isinstance(columns, slice):
        columns = list(range(len(names) or (value.width if isinstance(value, Tensor) else 0)))[columns]
    marked = np.asarray(columns)
    if marked.dtype == bool:
        columns = list(np.flatnonzero(marked))
    places = [(known or names).index(one) if isinstance(one, str) else int(one) for one in list(columns)]
    if isinstance(value, Frame):
        listed = list(value.columns.items())
        return Frame(dict(listed[place] for place in places))
    if not places:
        return Frame({})
    return graph.take(value, places)


@converts(
    "sklearn",
    *("SelectKBest", "SelectPercentile", "SelectFromModel", "VarianceThreshold", "GenericUnivariateSelect"),
    *("RFE", "RFECV", "SequentialFeatureSelector", "SelectFdr", "SelectFpr", "SelectFwe"),
)
def selector(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write the choice of columns."""
    return graph.take(graph.matrix(value), np.flatnonzero(step.get_support()).tolist())


@converts("sklearn", "FrozenEstimator")
def frozen(graph: Graph, step: Any, value: Value) -> Any:
    """Write what is frozen."""
    return write(graph, step.estimator, value)


@converts("sklearn", "GridSearchCV", "RandomizedSearchCV", "HalvingGridSearchCV", "HalvingRandomSearchCV")
def search(graph: Graph, step: Any, value: Value) -> Any:
    """Write the best estimator."""
    return write(graph, step.best_estimator_, value)


@converts("sklearn", "FixedThresholdClassifier", "TunedThresholdClassifierCV")
def thresholded(graph: Graph, step: Any, value: Value) -> Any:  # noqa: ARG001
    """Refuse: the toolkit's own threshold (`training.threshold`) works in every runtime."""
    raise ConversionError("a threshold of scikit-learn's own; use training.threshold in trunkline.yaml")
