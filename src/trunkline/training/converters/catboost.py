"""CatBoost: float32 are compared; read from the model that `save_model(format="json")` writes."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from .graph import Classified, ConversionError, Graph, Tensor, Value
from .links import by_scores
from .registry import converts
from .sklearn_trees import rounded
from .trees import GREATER, Leaf, Split, Trees


@converts("catboost", "CatBoostClassifier")
def classifier(graph: Graph, step: Any, value: Value) -> Classified:
    """Write the trees and the sigmoid, or softmax, of their sums."""
    loss = step.get_all_params()["loss_function"]
    if loss not in ("Logloss", "CrossEntropy", "MultiClass"):
        raise ConversionError(f"CatBoost's loss {loss}")
    return by_scores(graph, step.classes_, _raw(graph, step, value))


@converts("catboost", "CatBoostRegressor")
def regressor(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write the trees behind the inverse of the loss's link."""
    loss = str(step.get_all_params()["loss_function"]).split(":")[0]
    raw = _raw(graph, step, value)
    if loss in ("Poisson", "Tweedie"):
        return graph.result(graph.node("Exp", raw.name), 1)
    if loss not in ("RMSE", "MAE", "Quantile", "MAPE", "Huber", "Expectile", "LogCosh", "Lq"):
        raise ConversionError(f"CatBoost's loss {loss}")
    return raw


def _raw(graph: Graph, step: Any, value: Value) -> Tensor:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        step.save_model(str(path), format="json")
        model = json.loads(path.read_text(encoding="utf-8"))
    features = model["features_info"]
    if any(features.get(kind) for kind in ("categorical_features", "text_features", "embedding_features")):
        raise ConversionError("CatBoost's own encoding of categories or texts; encode them in features.py")
    if "oblivious_trees" not in model:
        raise ConversionError("CatBoost's trees that are not symmetric")
    scale, bias = model["scale_and_bias"]
    size = len(bias)
    columns = {
        int(one["feature_index"]): int(one["flat_feature_index"]) for one in features["float_features"]
    }
    ensemble = Trees(size)
    for tree in model["oblivious_trees"]:
        for target in range(size):
            ensemble.trees.append(_tree(tree, columns, size, target))
    raw = ensemble.write(graph, _seen(graph, value, features["float_features"]))
    return graph.apply("Add", graph.apply("Mul", raw, float(scale)), np.asarray(bias)[None])


def _tree(tree: dict[str, Any], columns: dict[int, int], size: int, target: int) -> list[Split | Leaf]:
    """Return a symmetric tree: each depth asks one question, and the first answer is the lowest bit of the leaf."""
    splits = tree["splits"] or []
    depth, values = len(splits), tree["leaf_values"]
    found: list[Split | Leaf] = []
    # Level by level from the last question to the first, so that a leaf's place is its bits read downwards.
    for level in range(depth):
        split = splits[depth - 1 - level]
        if split.get("split_type", "FloatFeature") != "FloatFeature":
            raise ConversionError(f"CatBoost's split {split['split_type']}")
        feature = columns[int(split["float_feature_index"])]
        border = float(np.float32(split["border"]))
        below = 2 ** (level + 1) - 1
        found += [
            Split(feature, border, below + 2 * place + 1, below + 2 * place, GREATER)
            for place in range(2**level)
        ]
    found += [Leaf(float(values[place * size + target]), target) for place in range(2**depth)]
    return found


def _seen(graph: Graph, value: Value, features: list[dict[str, Any]]) -> Tensor:
    """Return float32 in doubles; a null is the least or the greatest number, as the column was trained."""
    given = rounded(graph, value)
    fill = np.full((1, given.width), np.nan)
    for one in features:
        treatment = one.get("nan_value_treatment", "AsIs")
        if treatment in ("AsFalse", "AsTrue"):
            fill[0, int(one["flat_feature_index"])] = -np.inf if treatment == "AsFalse" else np.inf
    null = graph.node("IsNaN", given.name)
    return graph.result(graph.node("Where", null, graph.const(fill), given.name), given.width)
