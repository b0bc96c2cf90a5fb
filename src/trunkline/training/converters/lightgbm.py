"""LightGBM: doubles are compared; read from the model that `Booster.dump_model` writes."""

from __future__ import annotations

from typing import Any

import numpy as np

from .graph import Classified, ConversionError, Graph, Tensor, Value
from .links import by_scores, sigmoid
from .registry import converts
from .trees import MEMBER, Leaf, Split, Trees

ZERO = 1e-35
"""LightGBM takes what is nearer to zero for zero."""
NULL = -1.0
"""A category that is null or negative, while the trees are asked: it is in no set."""


@converts("lightgbm", "LGBMClassifier")
def classifier(graph: Graph, step: Any, value: Value) -> Classified:
    """Write the trees and the sigmoid, or softmax, of their sums."""
    objective, settings, raw = _raw(graph, step, value)
    if objective not in ("binary", "multiclass", "multiclassova"):
        raise ConversionError(f"LightGBM's objective {objective}")
    if objective == "multiclassova":
        scaled = graph.apply("Mul", raw, float(settings.get("sigmoid", 1)))
        return Classified(step.classes_, sigmoid(graph, scaled), raw)
    if objective == "binary":
        raw = graph.apply("Mul", raw, float(settings.get("sigmoid", 1)))
    return by_scores(graph, step.classes_, raw)


@converts("lightgbm", "LGBMRegressor")
def regressor(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write the trees behind the inverse of the objective's link."""
    objective, settings, raw = _raw(graph, step, value)
    if objective in ("poisson", "gamma", "tweedie"):
        return graph.result(graph.node("Exp", raw.name), 1)
    plain = ("regression", "regression_l1", "huber", "fair", "quantile", "mape")
    if objective not in plain or "sqrt" in settings:
        raise ConversionError(f"LightGBM's objective {objective}")
    return raw


def _raw(graph: Graph, step: Any, value: Value) -> tuple[str, dict[str, str], Tensor]:
    booster = step.booster_
    model = booster.dump_model(num_iteration=booster.best_iteration if booster.best_iteration > 0 else -1)
    words = str(model.get("objective", "")).split()
    settings = {name: number for name, _, number in (word.partition(":") for word in words[1:])}
    if booster.pandas_categorical and any(booster.pandas_categorical):
        raise ConversionError("LightGBM's categories of pandas")
    targets = int(model["num_tree_per_iteration"])
    ensemble = Trees(targets)
    categorical: set[int] = set()
    treatments: dict[int, set[str]] = {}
    for place, one in enumerate(model["tree_info"]):
        tree: list[Split | Leaf] = []
        _grow(one["tree_structure"], tree, place % targets, categorical, treatments)
        ensemble.trees.append(tree)
    given = graph.double(value)
    raw = ensemble.write(graph, _seen(graph, given, categorical, treatments))
    if model.get("average_output"):
        raw = graph.apply("Div", raw, float(len(model["tree_info"]) // targets))
    return words[0] if words else "", settings, raw


def _grow(
    node: dict[str, Any],
    tree: list[Split | Leaf],
    target: int,
    categorical: set[int],
    treatments: dict[int, set[str]],
) -> int:
    """Add a node and what is below it to a tree, and return its place."""
    place = len(tree)
    if "split_feature" not in node:
        if node.get("leaf_coeff"):
            raise ConversionError("LightGBM's linear trees")
        tree.append(Leaf(float(node["leaf_value"]), target))
        return place
    tree.append(Leaf(0.0))
    feature = int(node["split_feature"])
    yes = _grow(node["left_child"], tree, target, categorical, treatments)
    no = _grow(node["right_child"], tree, target, categorical, treatments)
    if node["decision_type"] == "==":
        categorical.add(feature)
        members = tuple(float(word) for word in str(node["threshold"]).split("||"))
        tree[place] = Split(feature, 0.0, yes, no, MEMBER, members=members)
    else:
        treatments.setdefault(feature, set()).add(node["missing_type"])
        missing = node["missing_type"] != "None" and bool(node["default_left"])
        tree[place] = Split(feature, float(node["threshold"]), yes, no, missing=missing)
    return place


def _seen(graph: Graph, value: Tensor, categorical: set[int], treatments: dict[int, set[str]]) -> Tensor:
    """Return the columns as the trees see them.

    Where nothing was missing in training a null is zero; where zero means missing it is null; a category is cut to a
    whole number, and one that is null or negative is in no set.
    """
    if any(len(kinds) > 1 for kinds in treatments.values()):
        raise ConversionError("LightGBM treats missing values of one column in two ways")
    whole = [place for place in range(value.width) if place in categorical]
    zero = [place for place in range(value.width) if treatments.get(place) == {"None"}]
    absent = [place for place in range(value.width) if treatments.get(place) == {"Zero"}]
    name, null = value.name, graph.node("IsNaN", value.name)
    if zero:
        name = graph.node(
            "Where", graph.node("And", null, _marked(graph, value, zero)), graph.const(0.0), name
        )
    if absent:
        size = graph.node("LessOrEqual", graph.node("Abs", name), graph.const(ZERO))
        both = graph.node("And", size, _marked(graph, value, absent))
        name = graph.node("Where", both, graph.const(np.nan), name)
    if whole:
        cut = graph.node("Floor", name)
        wrong = graph.node("Or", null, graph.node("Less", name, graph.const(0.0)))
        cut = graph.node("Where", wrong, graph.const(NULL), cut)
        name = graph.node("Where", _marked(graph, value, whole), cut, name)
    return graph.result(name, value.width)


def _marked(graph: Graph, value: Tensor, places: list[int]) -> str:
    marks = np.zeros((1, value.width), dtype=bool)
    marks[0, places] = True
    return graph.const(marks)
