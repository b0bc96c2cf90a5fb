"""Which converter writes which step: the user's, else ours, else skl2onnx for that step alone."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any, TypeVar

from .graph import Classified, ConversionError, Frame, Graph, Tensor, Value

Converter = Callable[[Graph, Any, Value], Any]
"""Writes a fitted step: a transformer's tensor, a regressor's of width 1, or what a classifier answers."""

MODULES = (
    "bayes",
    "calibration",
    "catboost",
    "categories",
    "columns",
    "combined",
    "functions",
    "hist_gradient",
    "libraries",
    "lightgbm",
    "linear",
    "neighbours",
    "networks",
    "numbers",
    "sklearn_trees",
    "terms",
    "xgboost",
)
_OURS: dict[str, Converter] = {}
F = TypeVar("F", bound=Converter)


def converts(package: str, *names: str) -> Callable[[F], F]:
    """Register a function for classes of a package by their names; the package is not imported."""

    def register(function: F) -> F:
        _OURS.update({f"{package}.{name}": function for name in names})
        return function

    return register


def converter_of(graph: Graph, step: Any) -> Converter | None:
    """Return what writes a step, None where only skl2onnx might.

    A subclass is another step: it may answer otherwise.
    """
    if (own := graph.own.get(type(step))) is not None:
        return own  # type: ignore[no-any-return]
    for module in MODULES:
        importlib.import_module(f"{__package__}.{module}")
    kind = type(step)
    return _OURS.get(f"{kind.__module__.partition('.')[0]}.{kind.__name__}")


def write(graph: Graph, step: Any, value: Value) -> Any:
    """Write a fitted step on a value and return what it gives. Raises ConversionError where nobody can."""
    found = converter_of(graph, step)
    with graph.step(step):
        if found is not None:
            return found(graph, step, value)
        from .foreign import write_foreign

        return write_foreign(graph, step, graph.double(value))


def transformed(graph: Graph, step: Any, value: Value) -> Value:
    """Return what a transformer gives; `passthrough` and None give the value itself."""
    if step is None or (isinstance(step, str) and step == "passthrough"):
        return value
    given = write(graph, step, value)
    if not isinstance(given, Tensor | Frame):
        raise ConversionError(f"{type(step).__name__} is no transformer")
    return given


def classified(graph: Graph, step: Any, value: Value) -> Classified:
    """Return what a classifier answers."""
    given = write(graph, step, value)
    if not isinstance(given, Classified):
        raise ConversionError(f"{type(step).__name__} is no classifier")
    return given


def chances(graph: Graph, step: Any, value: Value) -> Tensor:
    """Return a classifier's probabilities, shape (n, classes)."""
    found = classified(graph, step, value).probabilities
    if found is None:
        raise ConversionError(f"{type(step).__name__} gives no probabilities")
    return found


def predicted(graph: Graph, step: Any, value: Value) -> Tensor:
    """Return a regressor's answer, width 1."""
    given = write(graph, step, value)
    if not isinstance(given, Tensor):
        raise ConversionError(f"{type(step).__name__} is no regressor")
    return given
