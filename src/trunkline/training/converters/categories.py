"""Categories: one-hot, ordinal and target encoding of texts, codes and nulls."""

from __future__ import annotations

from typing import Any

import numpy as np

from .graph import ConversionError, Graph, Tensor, Value
from .registry import converts


def places(graph: Graph, column: Tensor, known: Any) -> str:
    """Return the place of each value among the known ones, one past the last where it is none; int64 [n, 1]."""
    known = np.asarray(known)
    if column.dtype == object:
        words = [word if isinstance(word, str) else None for word in known.tolist()]
        keys = {word: place for place, word in enumerate(words) if word is not None}
        return str(
            graph.node(
                "LabelEncoder",
                column.name,
                domain="ai.onnx.ml",
                keys_strings=list(keys),
                values_int64s=list(keys.values()),
                default_int64=len(words),
            )
        )
    numbers = known.astype(np.float64)
    wide = graph.cast(column, np.float64)
    same = graph.node("Equal", wide.name, graph.const(numbers[None]))
    if np.isnan(numbers).any():
        null = graph.node("And", graph.node("IsNaN", wide.name), graph.const(np.isnan(numbers)[None]))
        same = graph.node("Or", same, null)
    steps = graph.node(
        "Mul",
        graph.cast(graph.result(same, len(numbers), bool), np.int64).name,
        graph.const(np.arange(len(numbers))[None] - len(numbers), np.int64),
    )
    total = graph.node("ReduceSum", steps, graph.const([1], np.int64), keepdims=1)
    return str(graph.node("Add", total, graph.const(len(numbers), np.int64)))


def looked_up(graph: Graph, codes: str, table: Any, dtype: Any = np.float64) -> Tensor:
    """Return the row of a table at each code; shape (n, width)."""
    table = np.asarray(table, dtype=dtype)
    table = table.reshape(len(table), -1)
    flat = graph.node("Reshape", codes, graph.const([-1], np.int64))
    return graph.result(graph.node("Gather", graph.const(table), flat, axis=0), table.shape[1], dtype)


@converts("sklearn", "OneHotEncoder")
def one_hot(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write one column a category, of a table with one row a category and one for what is unknown."""
    columns = graph.each(value)
    dropped = step.drop_idx_ if step.drop_idx_ is not None else [None] * len(columns)
    found = []
    for place, (column, known) in enumerate(zip(columns, step.categories_, strict=True)):
        groups, rare = _grouped(step, place, len(known))
        width = max(groups) + 1
        table = np.zeros((len(known) + 1, width))
        table[np.arange(len(known)), groups] = 1.0
        if step.handle_unknown == "infrequent_if_exist" and rare is not None:
            table[-1, rare] = 1.0
        drop = dropped[place]
        if drop is not None:
            if rare is not None:
                drop = groups[int(drop)]
            table = np.delete(table, int(drop), axis=1)
        if table.shape[1]:
            found.append(looked_up(graph, places(graph, column, known), table, step.dtype))
    joined = graph.join(found)
    return Tensor(joined.name, joined.dtype, joined.width, bool(step.sparse_output))


def _grouped(step: Any, place: int, count: int) -> tuple[list[int], int | None]:
    """Return the group of each category, and that of the infrequent ones where there are any."""
    mappings = getattr(step, "_default_to_infrequent_mappings", None)
    mapping = mappings[place] if getattr(step, "_infrequent_enabled", False) and mappings else None
    if mapping is None:
        return list(range(count)), None
    groups = [int(one) for one in mapping]
    return groups, max(groups)


@converts("sklearn", "OrdinalEncoder")
def ordinal(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write the number of each category."""
    found = []
    for place, (column, known) in enumerate(zip(graph.each(value), step.categories_, strict=True)):
        groups, rare = _grouped(step, place, len(known))
        codes = [float(group) for group in groups]
        gone = (getattr(step, "_missing_indices", None) or {}).get(place)
        if gone is not None:
            codes[gone] = float(step.encoded_missing_value)
        if step.handle_unknown == "use_encoded_value":
            unknown = float(step.unknown_value)
        else:
            unknown = float(rare) if rare is not None and step.handle_unknown != "error" else np.nan
        found.append(looked_up(graph, places(graph, column, known), [*codes, unknown], step.dtype))
    return graph.join(found)


@converts("sklearn", "TargetEncoder")
def target(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write the mean outcome of each category, the overall mean of an unknown one."""
    several = step.target_type_ == "multiclass"
    size = len(step.classes_) if several else 1
    found = []
    for place, (column, known) in enumerate(zip(graph.each(value), step.categories_, strict=True)):
        means = np.stack([step.encodings_[place * size + number] for number in range(size)], axis=1)
        overall = np.broadcast_to(np.asarray(step.target_mean_, dtype=np.float64), (1, size))
        table = np.concatenate([means, overall])
        found.append(looked_up(graph, places(graph, column, known), table))
    return graph.join(found)


@converts("sklearn", "KBinsDiscretizer")
def bins(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write the number of the bin, or one column a bin."""
    found = []
    given = graph.matrix(value)
    kept = given.dtype if given.dtype.kind == "f" else np.dtype(np.float64)
    for place, edges in enumerate(step.bin_edges_):
        column = graph.double(graph.take(given, [place]))
        inner = graph.const(np.asarray(edges[1:-1], dtype=np.float64)[None])
        above = graph.result(graph.node("GreaterOrEqual", column.name, inner), len(edges) - 2, bool)
        if len(edges) == 2:
            raise ConversionError("a column has one bin alone")
        total = graph.node("ReduceSum", graph.cast(above, np.int64).name, graph.const([1], np.int64))
        if step.encode == "ordinal":
            found.append(graph.cast(graph.result(total, 1, np.int64), kept))
        else:
            found.append(looked_up(graph, total, np.eye(len(edges) - 1), kept))
    joined = graph.join(found)
    return Tensor(joined.name, joined.dtype, joined.width, step.encode == "onehot")
