"""scikit-learn's trees and forests: numbers are cast to float32 and compared with a double."""

from __future__ import annotations

from typing import Any

import numpy as np

from .categories import looked_up
from .graph import Classified, ConversionError, Graph, Tensor, Value
from .links import by_scores
from .registry import converts
from .trees import Leaf, Split, Trees


def rounded(graph: Graph, value: Value) -> Tensor:
    """Return numbers as float32 in doubles."""
    return graph.cast(graph.matrix(value, np.float32), np.float64)


def _nodes(tree: Any, weights: Any, target: int = 0) -> list[Split | Leaf]:
    """Return the nodes of a tree; `weights` are its leaves' by node."""
    return [
        Leaf(float(weights[place]), target)
        if left == -1
        else Split(int(feature), float(threshold), int(left), int(right), missing=bool(missing))
        for place, (left, right, feature, threshold, missing) in enumerate(
            zip(
                tree.children_left,
                tree.children_right,
                tree.feature,
                tree.threshold,
                tree.missing_go_to_left,
                strict=True,
            )
        )
    ]


@converts(
    "sklearn", "RandomForestRegressor", "ExtraTreesRegressor", "DecisionTreeRegressor", "ExtraTreeRegressor"
)
def regressor(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write the mean of the trees."""
    members = getattr(step, "estimators_", [step])
    if step.n_outputs_ != 1:
        raise ConversionError("several outcomes")
    trees = Trees(1, [_nodes(one.tree_, one.tree_.value[:, 0, 0]) for one in members])
    return graph.apply("Div", trees.write(graph, rounded(graph, value)), float(len(members)))


@converts(
    "sklearn",
    "RandomForestClassifier",
    "ExtraTreesClassifier",
    "DecisionTreeClassifier",
    "ExtraTreeClassifier",
)
def classifier(graph: Graph, step: Any, value: Value) -> Classified:
    """Write the mean of the leaves' shares, added up tree by tree as scikit-learn does: a tie keeps its label."""
    members = getattr(step, "estimators_", [step])
    if step.n_outputs_ != 1:
        raise ConversionError("several outcomes")
    given, count = rounded(graph, value), len(members)
    # A leaf has one weight: the number of its row in a table of shares.
    tables = np.concatenate([one.tree_.value[:, 0, :] for one in members])
    begins = np.cumsum([0, *(one.tree_.node_count for one in members)])
    trees = Trees(
        count,
        [
            _nodes(one.tree_, begins[place] + np.arange(one.tree_.node_count), place)
            for place, one in enumerate(members)
        ],
    )
    rows = graph.cast(trees.write(graph, given), np.int64)
    shares = looked_up(graph, rows.name, tables)
    cubes = graph.node("Reshape", shares.name, graph.const([-1, count, shares.width], np.int64))
    sums = graph.node("CumSum", cubes, graph.const(1, np.int64))
    total = graph.node("Gather", sums, graph.const(count - 1, np.int64), axis=1)
    return Classified(step.classes_, graph.apply("Div", graph.result(total, shares.width), float(count)))


def _boosted(graph: Graph, step: Any, value: Value, base: Any) -> Tensor:
    """Return the sum of the stages on top of a constant."""
    trees = Trees(step.estimators_.shape[1])
    for stage in step.estimators_:
        for target, one in enumerate(stage):
            trees.trees.append(_nodes(one.tree_, step.learning_rate * one.tree_.value[:, 0, 0], target))
    return graph.apply("Add", trees.write(graph, rounded(graph, value)), np.reshape(base, (1, -1)))


def _base(step: Any) -> Any:
    """Return the constant on which boosting begins: what the first model answers to any row."""
    if type(step.init_).__name__ not in ("DummyClassifier", "DummyRegressor", "str"):
        raise ConversionError("gradient boosting on another model")
    return step._raw_predict_init(np.zeros((1, step.n_features_in_), dtype=np.float32))[0]


@converts("sklearn", "GradientBoostingRegressor")
def boosted_regressor(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write the sum of the stages."""
    return _boosted(graph, step, value, _base(step))


@converts("sklearn", "GradientBoostingClassifier")
def boosted_classifier(graph: Graph, step: Any, value: Value) -> Classified:
    """Write the sigmoid, or softmax, of the sums."""
    raw = _boosted(graph, step, value, _base(step))
    if step.loss == "exponential":
        doubled = by_scores(graph, step.classes_, graph.apply("Mul", raw, 2.0))
        return Classified(step.classes_, doubled.probabilities, raw)
    return by_scores(graph, step.classes_, raw)
