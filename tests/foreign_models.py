"""Models as other teams leave them: small ONNX files, written without any library of models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OneHotEncoder

WEIGHTS = np.array([[-0.01], [-0.6]])


def net(
    path: Path,
    *,
    inputs: Mapping[str, tuple[int, Sequence[Any]]] | None = None,
    outputs: Sequence[str] = ("logit",),
    kind: int = TensorProto.FLOAT,
) -> None:
    """Write a net of one layer as torch.onnx does: its inputs cast, laid side by side, and multiplied."""
    inputs = inputs or {"X": (kind, ["batch", 2])}
    nodes, names = [], []
    for name in inputs:
        nodes.append(helper.make_node("Cast", [name], [f"{name}_number"], to=kind))
        nodes.append(helper.make_node("Reshape", [f"{name}_number", "flat"], [f"{name}_flat"]))
        names.append(f"{name}_flat")
    nodes.append(helper.make_node("Concat", names, ["all"], axis=1))
    nodes.append(helper.make_node("MatMul", ["all", "weights"], ["weighed"]))
    nodes.append(helper.make_node("Add", ["weighed", "bias"], ["logit"]))
    nodes.append(helper.make_node("Sigmoid", ["logit"], ["chance"]))
    dtype = helper.tensor_dtype_to_np_dtype(kind)
    flat = [0, 1] if len(inputs) > 1 else [0, 2]
    rows = next(iter(inputs.values()))[1][0]
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info(name, *given) for name, given in inputs.items()],
        [helper.make_tensor_value_info(name, kind, [rows, 1]) for name in outputs],
        [
            numpy_helper.from_array(np.array(flat, dtype=np.int64), "flat"),
            numpy_helper.from_array(WEIGHTS.astype(dtype), "weights"),
            numpy_helper.from_array(np.array([2.2], dtype=dtype), "bias"),
        ],
    )
    onnx.save(helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 18)]), path)


def words() -> ColumnTransformer:
    """Features of a project that make two numbers of a field in words."""
    return ColumnTransformer([("c", OneHotEncoder(categories=[["No", "Yes"]]), ["employed"])])
