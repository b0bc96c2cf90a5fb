"""A step that only skl2onnx knows: converted alone, in doubles, and put into the graph."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

import numpy as np

from .graph import OPSET, Classified, ConversionError, Graph, Tensor

OLD_ML_OPSET = 3


@contextmanager
def quiet() -> Iterator[None]:
    """Keep what skl2onnx prints to itself; what it raises leaves as ConversionError."""
    heard = logging.getLogger("skl2onnx")
    level = heard.level
    heard.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    except Exception as error:
        raise ConversionError(f"skl2onnx: {type(error).__name__}: {first_line(error)}") from error
    finally:
        heard.setLevel(level)


def first_line(error: Exception) -> str:
    """Return the beginning of what an error says."""
    return (str(error).strip() or "no reason given").splitlines()[0][:300]


def write_foreign(graph: Graph, step: Any, value: Tensor) -> Any:
    """Write a step as skl2onnx does, in float32 where it must. Raises ConversionError for a stranger."""
    classifies = hasattr(step, "classes_")
    options = {**graph.options}
    if classifies:
        options = {**options, id(step): {"zipmap": False, **options.get(type(step), {})}}
    model, value = _converted(graph, step, value, options)
    if any(node.op_type.startswith("TreeEnsemble") for node in model.graph.node):
        raise ConversionError(f"skl2onnx writes {type(step).__name__} with trees in float32")
    if any(part.g.node or part.graphs for node in model.graph.node for part in node.attribute):
        raise ConversionError(f"skl2onnx writes {type(step).__name__} with graphs inside")
    names = {"given": value.name, "": ""}
    for constant in model.graph.initializer:
        names[constant.name] = constant.name = graph.fresh()
        graph.constants.append(constant)
    for node in model.graph.node:
        node.name = ""
        node.input[:] = [names[name] for name in node.input]
        for name in node.output:
            if name:
                names[name] = graph.fresh()
        node.output[:] = [names[name] for name in node.output]
        graph.nodes.append(node)
    outputs = [(names[one.name], one.type.tensor_type) for one in model.graph.output]
    if classifies:
        name, kind = outputs[-1]
        chance = graph.cast(Tensor(name, _dtype(kind), len(step.classes_)), np.float64)
        return Classified(step.classes_, chance, labels=_place(graph, step, outputs[0][0]))
    name, kind = outputs[0]
    sizes = [one.dim_value for one in kind.shape.dim]
    width = 1 if hasattr(step, "predict") and not hasattr(step, "transform") else (sizes[-1] if sizes else 0)
    if not width:
        width = len(step.get_feature_names_out())
    found = Tensor(name, _dtype(kind), width)
    if not hasattr(step, "transform"):
        found = Tensor(graph.node("Reshape", name, graph.const([-1, 1], np.int64)), found.dtype, 1)
    return graph.cast(found, np.float64)


def _converted(graph: Graph, step: Any, value: Tensor, options: Any) -> tuple[Any, Tensor]:
    """Return what skl2onnx makes of a step, and the value in the type that it takes: doubles where it can."""
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType

    def converted(kind: Any) -> Any:
        with quiet():
            return convert_sklearn(
                step,
                initial_types=[("given", kind([None, value.width]))],
                target_opset={"": OPSET, "ai.onnx.ml": OLD_ML_OPSET},
                options=options,
            )

    try:
        return converted(DoubleTensorType), value
    except ConversionError:
        return converted(FloatTensorType), graph.cast(value, np.float32)


def _place(graph: Graph, step: Any, label: str) -> Tensor:
    """Return the place of each label among the classes."""
    words = np.asarray(step.classes_)
    texts = words.dtype.kind in "OUS"
    same = graph.node(
        "Equal",
        graph.node("Reshape", label, graph.const([-1, 1], np.int64)),
        graph.const([words.tolist()], object if texts else np.int64),
    )
    return graph.result(graph.node("ArgMax", graph.node("Cast", same, to=6), axis=1, keepdims=1), 1, np.int64)


def _dtype(kind: Any) -> np.dtype[Any]:
    from onnx import helper

    return np.dtype(helper.tensor_dtype_to_np_dtype(kind.elem_type))
