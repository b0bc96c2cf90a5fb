"""XGBoost: float32 are compared; read from the model that `Booster.save_raw` writes as JSON."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from .graph import Classified, ConversionError, Graph, Tensor, Value
from .links import by_scores
from .registry import converts
from .sklearn_trees import rounded
from .trees import LESS, Leaf, Split, Trees


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
    ensemble = Trees(size, [_tree(one, int(group)) for one, group in zip(trees, groups, strict=False)])
    raw = ensemble.write(graph, _seen(graph, step, value))
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
    if any(tree["split_type"]):
        raise ConversionError("XGBoost's categorical splits")
    if int(tree["tree_param"].get("size_leaf_vector", "1") or 1) > 1:
        raise ConversionError("XGBoost's trees of several outcomes")
    return [
        Leaf(float(np.float32(condition)), target)
        if left == -1
        else Split(int(feature), float(np.float32(condition)), int(left), int(right), LESS, bool(missing))
        for left, right, feature, condition, missing in zip(
            tree["left_children"],
            tree["right_children"],
            tree["split_indices"],
            tree["split_conditions"],
            tree["default_left"],
            strict=True,
        )
    ]


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
