"""Naive Bayes: log likelihoods that add up."""

from __future__ import annotations

from typing import Any

import numpy as np

from .graph import Classified, Graph, Tensor, Value
from .links import softmax
from .registry import converts


def _joint(graph: Graph, value: Tensor, weights: Any, constant: Any) -> Tensor:
    product = graph.node("MatMul", value.name, graph.const(np.asarray(weights).T, np.float64))
    name = graph.node("Add", product, graph.const(np.atleast_2d(constant), np.float64))
    return graph.result(name, len(weights))


@converts("sklearn", "MultinomialNB")
def multinomial(graph: Graph, step: Any, value: Value) -> Classified:
    """Write counts times log probabilities."""
    found = _joint(graph, graph.double(value), step.feature_log_prob_, step.class_log_prior_)
    return Classified(step.classes_, softmax(graph, found))


@converts("sklearn", "ComplementNB")
def complement(graph: Graph, step: Any, value: Value) -> Classified:
    """Write counts times the complements' weights."""
    prior = step.class_log_prior_ if len(step.classes_) == 1 else np.zeros(len(step.classes_))
    found = _joint(graph, graph.double(value), step.feature_log_prob_, prior)
    return Classified(step.classes_, softmax(graph, found))


@converts("sklearn", "BernoulliNB")
def bernoulli(graph: Graph, step: Any, value: Value) -> Classified:
    """Write whether each feature is there, times its log odds."""
    found = graph.double(value)
    if step.binarize is not None:
        above = graph.node("Greater", found.name, graph.const(float(step.binarize)))
        found = graph.cast(graph.result(above, found.width, bool), np.float64)
    absent = np.log(1 - np.exp(step.feature_log_prob_))
    weights = step.feature_log_prob_ - absent
    return Classified(
        step.classes_,
        softmax(graph, _joint(graph, found, weights, step.class_log_prior_ + absent.sum(axis=1))),
    )


@converts("sklearn", "GaussianNB")
def gaussian(graph: Graph, step: Any, value: Value) -> Classified:
    """Write the squared distance from each class's mean."""
    found = graph.double(value)
    columns = []
    for mean, variance, prior in zip(step.theta_, step.var_, step.class_prior_, strict=True):
        apart = graph.apply("Sub", found, mean[None])
        squares = graph.result(graph.node("Mul", apart.name, apart.name), found.width)
        name = graph.node("MatMul", squares.name, graph.const(-0.5 / variance[:, None], np.float64))
        constant = np.log(prior) - 0.5 * np.log(2.0 * np.pi * variance).sum()
        columns.append(graph.apply("Add", graph.result(name, 1), constant))
    return Classified(step.classes_, softmax(graph, graph.join(columns)))
