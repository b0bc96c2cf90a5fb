"""The whole pipeline as one model: its inputs, its answer, and what the runtime must know of both."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trunkline.core.contract import Column
from trunkline.inputs import input_of
from trunkline.runtimes.onnx import COLUMNS, TERMS

from .graph import IR, ML_OPSET, OPSET, Classified, ConversionError, Frame, Graph, Tensor
from .registry import Converter, write

NAME = "trunkline"
FLOAT, STRING, INT64, DOUBLE = 1, 8, 7, 11
"""How ONNX numbers the types of tensors."""


def tensor_names(features: Sequence[Column]) -> dict[str, str]:
    """Return the column of each tensor: neutral names, since a column may be called `label` or `police-checks`."""
    return {f"x{place}": column.name for place, column in enumerate(features) if input_of(column).tensor}


def exact(
    pipeline: Any,
    features: Sequence[Column],
    *,
    converters: Mapping[type, Converter] | None = None,
    options: Mapping[Any, Any] | None = None,
) -> bytes:
    """Return a fitted pipeline as a model; the same pipeline gives the same bytes in every process.

    Raises ConversionError with the step that has no converter.
    """
    from onnx import helper

    graph = Graph(columns=tensor_names(features), options=options or {}, own=converters or {})
    tensors = {column: name for name, column in graph.columns.items()}
    frame = {}
    for column in features:
        text = input_of(column).tensor != "float"
        # A time has no tensor, keeps its place, and is an error where a step uses it.
        frame[column.name] = Tensor(tensors.get(column.name, ""), np.dtype(object if text else np.float32), 1)
    answer = write(graph, pipeline, Frame(frame))
    outputs = _outputs(graph, answer)
    used = {name for node in graph.nodes for name in node.input}
    given = [
        helper.make_tensor_value_info(tensor.name, STRING if tensor.dtype == object else FLOAT, [None, 1])
        for tensor in frame.values()
        if tensor.name in used
    ]
    given += [helper.make_tensor_value_info(name, STRING, [None, None]) for name in graph.terms]
    if not given:
        raise ConversionError("the model takes no column")
    model = helper.make_model(
        helper.make_graph(graph.nodes, NAME, given, outputs, graph.constants),
        ir_version=IR,
        producer_name=NAME,
        opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ML_OPSET)],
    )
    columns = {name: column for name, column in graph.columns.items() if name in used}
    columns |= {name: column for name, (column, _) in graph.terms.items()}
    describe(model, columns, {name: terms for name, (_, terms) in graph.terms.items()})
    return bytes(model.SerializeToString(deterministic=True))


def describe(model: Any, columns: Mapping[str, str], terms: Mapping[str, Any]) -> None:
    """Write into a model which column each tensor is, and which texts are cut into terms."""
    from onnx import helper

    props = {COLUMNS: json.dumps(dict(columns), sort_keys=True)}
    if terms:
        written = {name: one.model_dump(mode="json") for name, one in terms.items()}
        props[TERMS] = json.dumps(written, sort_keys=True)
    helper.set_model_props(model, props)


def _outputs(graph: Graph, answer: Any) -> list[Any]:
    """Write the answer as outputs: a number, or the label and the probabilities."""
    from onnx import helper

    if isinstance(answer, Tensor):
        flat = graph.node("Reshape", graph.double(answer).name, graph.const([-1, 1], np.int64))
        return [helper.make_tensor_value_info(flat, DOUBLE, [None, 1])]
    if not isinstance(answer, Classified):
        raise ConversionError("the pipeline gives no answer")
    chance = answer.probabilities
    if chance is None:
        raise ConversionError("the classifier gives no probabilities")
    classes = np.asarray(answer.classes)
    place = (
        graph.node("ArgMax", chance.name, axis=1, keepdims=0)
        if answer.labels is None
        else graph.node("Reshape", answer.labels.name, graph.const([-1], np.int64))
    )
    texts = classes.dtype.kind in "OUS"
    known = [str(one) for one in classes] if texts else classes.astype(np.int64)
    label = graph.node("Gather", graph.const(known, object if texts else np.int64), place)
    return [
        helper.make_tensor_value_info(label, STRING if texts else INT64, [None]),
        helper.make_tensor_value_info(graph.double(chance).name, DOUBLE, [None, len(classes)]),
    ]
