"""Links: what turns sums into probabilities and amounts."""

from __future__ import annotations

from typing import Any

import numpy as np

from .graph import Classified, ConversionError, Graph, Tensor


def shifted(graph: Graph, value: Tensor, by: Any, *, times: Any = None) -> Tensor:
    """Return doubles times a constant plus one, each a number or one a column."""
    if times is not None:
        value = graph.apply("Mul", value, times)
    return graph.apply("Add", value, by)


def sigmoid(graph: Graph, value: Tensor) -> Tensor:
    """Return 1 / (1 + exp(-x)), exact where ONNX Runtime's own is an approximation."""
    power = graph.node("Exp", graph.node("Neg", value.name))
    one = graph.const(1.0, value.dtype)
    return graph.result(graph.node("Div", one, graph.node("Add", one, power)), value.width, value.dtype)


def softmax(graph: Graph, value: Tensor) -> Tensor:
    """Return the exponentials that add up to 1 in each row."""
    return graph.result(graph.node("Softmax", value.name, axis=1), value.width, value.dtype)


def two(graph: Graph, positive: Tensor) -> Tensor:
    """Return the probabilities of both classes from that of the positive one."""
    other = graph.node("Sub", graph.const(1.0, positive.dtype), positive.name)
    return graph.join([graph.result(other, 1, positive.dtype), positive])


def normalised(graph: Graph, value: Tensor, *, empty: float = 0.0) -> Tensor:
    """Return rows divided by their sums; a row whose sum is 0 is `empty` throughout."""
    total = graph.node("ReduceSum", value.name, graph.const([1], np.int64), keepdims=1)
    none = graph.node("Equal", total, graph.const(0.0))
    safe = graph.node("Where", none, graph.const(1.0), total)
    shares = graph.node("Div", value.name, safe)
    return graph.result(graph.node("Where", none, graph.const(empty), shares), value.width)


def by_scores(graph: Graph, classes: Any, scores: Tensor, *, one_by_one: bool = False) -> Classified:
    """Return the answer of a model whose scores are log odds: one for two classes, else one a class.

    `one_by_one`: each class against the rest, normalised (one-vs-rest); else softmax.
    """
    classes = np.asarray(classes)
    if scores.width == 1:
        chance = two(graph, sigmoid(graph, scores))
    elif scores.width != len(classes):
        raise ConversionError(f"{scores.width} scores stand for {len(classes)} classes")
    elif one_by_one:
        chance = normalised(graph, sigmoid(graph, scores))
    else:
        chance = softmax(graph, scores)
    return Classified(classes, chance, scores)


INVERSE = {"identity": "", "log": "Exp", "logit": "sigmoid"}


def answered(graph: Graph, value: Tensor, link: str) -> Tensor:
    """Return a sum behind the inverse of a link by its name."""
    if link not in INVERSE:
        raise ConversionError(f"the link {link} is not known")
    if link == "logit":
        return sigmoid(graph, value)
    return graph.result(graph.node(INVERSE[link], value.name), 1) if INVERSE[link] else value
