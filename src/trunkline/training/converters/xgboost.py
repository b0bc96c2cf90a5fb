"""XGBoost: float32 are compared; read from the model that `Booster.save_raw` writes as JSON."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from .graph import Classified, ConversionError, Graph, Tensor, Value
from .links import by_scores
from .registry import converts
from .sklearn_trees import rounded
from .trees import LESS, MEMBER, Leaf, Split, Trees

NULL = -2.0
"""A category that is missing, while the trees are asked; one that is negative is -1, which is in no set."""


@converts("xgboost", "XGBClassifier", "XGBRFClassifier")
def classifier(graph: Graph, step: Any, value: Value) -> Classified:
    """Write the trees and the sigmoid, or softmax, of their sums."""
    objective, raw, _ = _raw(graph, step, value)
    if objective not in ("binary:logistic", "multi:softprob", "multi:softmax"):
        raise ConversionError(f"XGBoost's objective {objective}")
    return by_scores(graph, step.classes_, raw)


@converts("xgboost", "XGBRegressor", "XGBRFRegressor")
def regressor(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write the trees behind the inverse of the objective's link."""
    objective, raw, logged = _raw(graph, step, value)
    if logged:
        return graph.result(graph.node("Exp", raw.name), 1)
    if not objective.startswith("reg:") or objective in ("reg:logistic",):
        raise ConversionError(f"XGBoost's objective {objective}")
    return raw


def _raw(graph: Graph, step: Any, value: Value) -> tuple[str, Tensor, bool]:
    booster = step.get_booster()
    learner = json.loads(bytes(booster.save_raw("json")))["learner"]
    if learner["gradient_booster"]["name"] != "gbtree":
        raise ConversionError(f"XGBoost's booster {learner['gradient_booster']['name']}")
    model = learner["gradient_booster"]["model"]
    objective = str(learner["objective"]["name"])
    size = int(learner["learner_model_param"]["num_class"]) or 1
    trees, groups = model["trees"], model["tree_info"]
    best = getattr(step, "best_iteration", None) if step.early_stopping_rounds else None
    if best is not None:
        trees = trees[: model["iteration_indptr"][int(best) + 1]]
    if any((model.get("cats") or {}).get("enc") or ()):
        raise ConversionError("XGBoost's categories of pandas; name columns of numbers by feature_types")
    ensemble = Trees(size, [_tree(one, int(group)) for one, group in zip(trees, groups, strict=False)])
    categorical = {
        int(feature)
        for one in trees
        for feature, kind in zip(one["split_indices"], one["split_type"], strict=True)
        if kind
    }
    raw = ensemble.write(graph, _coded(graph, _seen(graph, step, value), categorical))
    logged = objective in ("count:poisson", "reg:gamma", "reg:tweedie")
    base = _bases(str(learner["learner_model_param"]["base_score"]))
    if objective == "binary:logistic":
        base = np.log(base / (1 - base))
    elif logged:
        base = np.log(base)
    return objective, graph.apply("Add", raw, base.reshape(1, -1)), logged


def _bases(written: str) -> Any:
    """Return the constant on which the trees stand: one number, or a list of one a class."""
    return np.atleast_1d(np.asarray(json.loads(written.lower()), dtype=np.float64))


def _tree(tree: dict[str, Any], target: int) -> list[Split | Leaf]:
    if int(tree["tree_param"].get("size_leaf_vector", "1") or 1) > 1:
        raise ConversionError("XGBoost's trees of several outcomes")
    starts = zip(tree["categories_segments"], tree["categories_sizes"], strict=True)
    chosen = {
        int(node): tuple(map(float, tree["categories"][int(start) : int(start) + int(size)]))
        for node, (start, size) in zip(tree["categories_nodes"], starts, strict=True)
    }
    found: list[Split | Leaf] = []
    for place, (left, right, feature, condition, missing) in enumerate(
        zip(
            tree["left_children"],
            tree["right_children"],
            tree["split_indices"],
            tree["split_conditions"],
            tree["default_left"],
            strict=True,
        )
    ):
        if left == -1:
            found.append(Leaf(float(np.float32(condition)), target))
        elif tree["split_type"][place]:
            # Categories of the set go to the right.
            members = chosen.get(place, ()) + (() if missing else (NULL,))
            found.append(Split(int(feature), 0.0, int(right), int(left), MEMBER, members=members))
        else:
            value = float(np.float32(condition))
            found.append(Split(int(feature), value, int(left), int(right), LESS, bool(missing)))
    return found


def _coded(graph: Graph, given: Tensor, categorical: set[int]) -> Tensor:
    """Return the columns with categories cut to whole numbers, as XGBoost cuts them; others as they are."""
    if not categorical:
        return given
    marks = np.zeros((1, given.width), dtype=bool)
    marks[0, sorted(categorical)] = True
    cut = graph.node("Max", graph.node("Floor", given.name), graph.const(-1.0))
    cut = graph.node("Where", graph.node("IsNaN", given.name), graph.const(NULL), cut)
    return graph.result(graph.node("Where", graph.const(marks), cut, given.name), given.width)


def _seen(graph: Graph, step: Any, value: Value) -> Tensor:
    """Return float32 in doubles; what the estimator calls missing is null, and so is a zero of a sparse matrix."""
    given = rounded(graph, value)
    absent = [0.0] if isinstance(value, Tensor) and value.sparse else []
    if step.missing is not None and not np.isnan(step.missing):
        absent.append(float(step.missing))
    for number in absent:
        gone = graph.node("Equal", given.name, graph.const(number))
        given = graph.result(graph.node("Where", gone, graph.const(np.nan), given.name), given.width)
    return given
