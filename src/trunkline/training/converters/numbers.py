"""Numbers: scaling, imputation and the like, in numpy's types step by step."""

from __future__ import annotations

from typing import Any

import numpy as np

from .graph import ConversionError, Graph, Tensor, Value
from .registry import converts


@converts("sklearn", "StandardScaler")
def standard(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write x - mean, then / scale, both in the type of x: scikit-learn rounds them to it."""
    found = _floats(graph, value)
    if step.with_mean:
        found = graph.apply("Sub", found, step.mean_, dtype=found.dtype)
    return graph.apply("Div", found, step.scale_, dtype=found.dtype) if step.with_std else found


@converts("sklearn", "RobustScaler")
def robust(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write x - centre, then / scale."""
    found = _floats(graph, value)
    if step.with_centering:
        found = graph.apply("Sub", found, step.center_)
    return graph.apply("Div", found, step.scale_) if step.with_scaling else found


@converts("sklearn", "MinMaxScaler")
def min_max(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write x * scale + min, within the range where it is clipped."""
    found = graph.apply("Add", graph.apply("Mul", _floats(graph, value), step.scale_), step.min_)
    if step.clip:
        low, high = step.feature_range
        found = graph.apply("Max", graph.apply("Min", found, high), low)
    return found


@converts("sklearn", "MaxAbsScaler")
def max_abs(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write x / scale."""
    found = graph.apply("Div", _floats(graph, value), step.scale_)
    if getattr(step, "clip", False):
        found = graph.apply("Max", graph.apply("Min", found, 1.0), -1.0)
    return found


@converts("sklearn", "Normalizer")
def normalizer(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write each row over its norm."""
    return normed(graph, _floats(graph, value), step.norm)


def normed(graph: Graph, value: Tensor, norm: str) -> Tensor:
    """Return each row over its norm; a row of zeros stays one."""
    wide = graph.double(value)
    if norm == "max":
        size = graph.node("ReduceMax", graph.node("Abs", wide.name), graph.const([1], np.int64), keepdims=1)
    else:
        kind = {"l1": "ReduceL1", "l2": "ReduceL2"}[norm]
        size = graph.node(kind, wide.name, graph.const([1], np.int64), keepdims=1)
    safe = graph.node("Where", graph.node("Equal", size, graph.const(0.0)), graph.const(1.0), size)
    shares = graph.result(graph.node("Div", wide.name, safe), value.width)
    return graph.cast(shares, value.dtype)


@converts("sklearn", "Binarizer")
def binarizer(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write x > threshold."""
    found = graph.matrix(value)
    above = graph.node("Greater", graph.double(found).name, graph.const(float(step.threshold)))
    return graph.cast(graph.result(above, found.width, bool), found.dtype)


@converts("sklearn", "SimpleImputer")
def imputer(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write the statistic where a value is missing, and indicators beside it where they are wanted."""
    columns = graph.each(value)
    gone = [_missing(graph, column, step.missing_values) for column in columns]
    filled = []
    for column, mark, statistic in zip(columns, gone, step.statistics_, strict=True):
        if column.dtype != object and (statistic is None or np.isnan(statistic)):
            continue  # a column that was empty in training is left out
        constant = graph.const([[statistic]], column.dtype)
        filled.append(graph.result(graph.node("Where", mark, constant, column.name), 1, column.dtype))
    if not filled:
        raise ConversionError("every column that is imputed was empty in training")
    if step.add_indicator and step.indicator_ is not None:
        dtype = np.result_type(*(one.dtype for one in filled))
        marks = [graph.result(gone[place], 1, bool) for place in step.indicator_.features_]
        filled += [graph.cast(mark, dtype) for mark in marks]
    return graph.join(filled)


@converts("sklearn", "MissingIndicator")
def indicator(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write whether each value is missing."""
    columns = graph.each(value)
    return graph.join(
        [
            graph.result(_missing(graph, columns[place], step.missing_values), 1, bool)
            for place in step.features_
        ]
    )


def _missing(graph: Graph, column: Tensor, missing: Any) -> str:
    if column.dtype == object:
        if not isinstance(missing, str):
            return str(graph.node("Equal", column.name, graph.const([["\0none"]])))
        return str(graph.node("Equal", column.name, graph.const([[missing]])))
    if missing is None or np.isnan(missing):
        wide = column if column.dtype.kind == "f" else graph.double(column)
        return str(graph.node("IsNaN", wide.name))
    return str(graph.node("Equal", column.name, graph.const([[missing]], column.dtype)))


@converts("sklearn", "PolynomialFeatures")
def polynomial(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write every product of columns."""
    found = _floats(graph, value)
    if step.powers_.sum(axis=1).max() > 1 and found.width * len(step.powers_) > 1_000_000:
        raise ConversionError("too many products of columns")
    columns = []
    for powers in step.powers_:
        places = [place for place, power in enumerate(powers) for _ in range(power)]
        if not places:
            columns.append(graph.apply("Add", graph.apply("Mul", graph.take(found, [0]), 0.0), 1.0))
            continue
        product = graph.take(found, places[:1])
        for place in places[1:]:
            name = graph.node("Mul", product.name, graph.take(found, [place]).name)
            product = graph.result(name, 1, found.dtype)
        columns.append(product)
    return graph.join(columns)


@converts("sklearn", "PCA", "TruncatedSVD")
def projection(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write x - mean times the components."""
    found = graph.matrix(value)
    wide, mean = graph.double(found), getattr(step, "mean_", None)
    if mean is not None:
        wide = graph.apply("Sub", wide, mean)
    name = graph.node("MatMul", wide.name, graph.const(step.components_.T, np.float64))
    given = graph.result(name, len(step.components_))
    if getattr(step, "whiten", False):
        given = graph.apply("Div", given, np.sqrt(step.explained_variance_))
    return graph.cast(given, found.dtype)


def _floats(graph: Graph, value: Value) -> Tensor:
    found = graph.matrix(value)
    return found if found.dtype.kind == "f" else graph.double(found)
