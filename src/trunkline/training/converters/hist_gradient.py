"""Histogram gradient boosting: doubles are compared, categories by sets, nulls by a side of their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from .categories import ordinal
from .columns import _chosen
from .graph import Classified, ConversionError, Graph, Tensor, Value
from .links import answered, by_scores
from .registry import converts
from .trees import MEMBER, Leaf, Split, Trees

UNKNOWN = -1.0
"""A category that is null or was never seen, while the trees are asked."""


@converts("sklearn", "HistGradientBoostingClassifier")
def classifier(graph: Graph, step: Any, value: Value) -> Classified:
    """Write the trees and the sigmoid, or softmax, of their sums."""
    return by_scores(graph, step.classes_, _raw(graph, step, value))


@converts("sklearn", "HistGradientBoostingRegressor")
def regressor(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write the trees behind the inverse of the loss's link."""
    names = {"IdentityLink": "identity", "LogLink": "log"}
    link = type(step._loss.link).__name__
    if link not in names:
        raise ConversionError(f"the link {link} is not known")
    return answered(graph, _raw(graph, step, value), names[link])


def _raw(graph: Graph, step: Any, value: Value) -> Tensor:
    given, categorical = _preprocessed(graph, step, value)
    ensemble = Trees(int(step.n_trees_per_iteration_))
    for iteration in step._predictors:
        for target, predictor in enumerate(iteration):
            ensemble.trees.append(_tree(predictor, target, categorical))
    base = np.asarray(step._baseline_prediction, dtype=np.float64).reshape(1, -1)
    return graph.apply("Add", ensemble.write(graph, given), base)


def _preprocessed(graph: Graph, step: Any, value: Value) -> tuple[Tensor, int]:
    """Return what the trees see, and how many columns in front are categories: the estimator moves them there."""
    if step._preprocessor is None:
        return graph.double(value), 0
    (_, encoder, marked), (_, _, rest) = step._preprocessor.transformers_[:2]
    codes = ordinal(graph, encoder, _chosen(value, marked, graph, step))
    known = graph.node("IsNaN", codes.name)
    codes = graph.result(graph.node("Where", known, graph.const(UNKNOWN), codes.name), codes.width)
    if not np.any(rest):
        return codes, codes.width
    numbers = graph.double(_chosen(value, rest, graph, step))
    return graph.join([codes, numbers]), codes.width


def _tree(predictor: Any, target: int, categorical: int) -> list[Split | Leaf]:
    found: list[Split | Leaf] = []
    for node in predictor.nodes:
        if node["is_leaf"]:
            found.append(Leaf(float(node["value"]), target))
            continue
        feature, left, right = int(node["feature_idx"]), int(node["left"]), int(node["right"])
        missing = bool(node["missing_go_to_left"])
        if node["is_categorical"]:
            if feature >= categorical:
                raise ConversionError("a categorical split of a column that is none")
            words = predictor.raw_left_cat_bitsets[int(node["bitset_idx"])]
            members = [place for place in range(256) if int(words[place // 32]) >> (place % 32) & 1]
            chosen = tuple(map(float, members)) + ((UNKNOWN,) if missing else ())
            found.append(Split(feature, 0.0, left, right, MEMBER, members=chosen))
        else:
            found.append(Split(feature, float(node["num_threshold"]), left, right, missing=missing))
    return found
