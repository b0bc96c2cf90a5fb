"""Functions: numpy's own as steps, and outcomes that are trained behind one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .graph import ConversionError, Frame, Graph, Tensor, Value
from .registry import converts, predicted


def _plain(kind: str) -> Callable[[Graph, str], str]:
    return lambda graph, name: str(graph.node(kind, name))


def _after(kind: str, other: str, constant: float) -> Callable[[Graph, str], str]:
    """Return an operation and then another with a constant."""
    return lambda graph, name: str(graph.node(other, graph.node(kind, name), graph.const(constant)))


FUNCTIONS: Mapping[Any, Callable[[Graph, str], str]] = {
    np.abs: _plain("Abs"),
    np.ceil: _plain("Ceil"),
    np.exp: _plain("Exp"),
    np.exp2: lambda graph, name: str(graph.node("Pow", graph.const(2.0), name)),
    np.expm1: _after("Exp", "Sub", 1.0),
    np.floor: _plain("Floor"),
    np.log: _plain("Log"),
    np.log10: _after("Log", "Div", float(np.log(10))),
    np.log1p: lambda graph, name: str(graph.node("Log", graph.node("Add", name, graph.const(1.0)))),
    np.log2: _after("Log", "Div", float(np.log(2))),
    np.negative: _plain("Neg"),
    np.reciprocal: _plain("Reciprocal"),
    np.rint: _plain("Round"),
    np.sign: _plain("Sign"),
    np.sqrt: _plain("Sqrt"),
    np.square: lambda graph, name: str(graph.node("Mul", name, name)),
}
"""Computed in doubles and rounded to the type that comes in."""


def called(graph: Graph, function: Any, value: Value) -> Value:
    """Return one of numpy's functions of a value; None gives the value itself."""
    if function is None:
        return value
    if not isinstance(function, np.ufunc) or function not in FUNCTIONS:
        raise ConversionError(f"the function {getattr(function, '__name__', function)} is not one of numpy's")
    if isinstance(value, Frame):
        return Frame({name: _one(graph, function, column) for name, column in value.columns.items()})
    return _one(graph, function, value)


def _one(graph: Graph, function: Any, value: Tensor) -> Tensor:
    name = FUNCTIONS[function](graph, graph.double(value).name)
    kept = value.dtype if value.dtype.kind == "f" else np.dtype(np.float64)
    return graph.cast(graph.result(name, value.width), kept)


@converts("sklearn", "FunctionTransformer")
def function_transformer(graph: Graph, step: Any, value: Value) -> Value:
    """Write the function."""
    if step.kw_args:
        raise ConversionError("a function with arguments of its own")
    return called(graph, step.func, value)


@converts("sklearn", "TransformedTargetRegressor")
def behind(graph: Graph, step: Any, value: Value) -> Value:
    """Write the regressor, and what turns its answer back."""
    answer = graph.double(predicted(graph, step.regressor_, value))
    turned = step.transformer_
    kind = type(turned).__name__
    if kind == "FunctionTransformer":
        return called(graph, turned.inverse_func, answer)
    if kind == "StandardScaler":
        scaled = graph.apply("Mul", answer, turned.scale_) if turned.with_std else answer
        return graph.apply("Add", scaled, turned.mean_) if turned.with_mean else scaled
    if kind == "MinMaxScaler":
        return graph.apply("Div", graph.apply("Sub", answer, turned.min_), turned.scale_)
    if kind == "RobustScaler":
        scaled = graph.apply("Mul", answer, turned.scale_) if turned.with_scaling else answer
        return graph.apply("Add", scaled, turned.center_) if turned.with_centering else scaled
    raise ConversionError(f"the inverse of {kind} is not known")
