"""Models of models: votes, stacks, bags and one against the rest."""

from __future__ import annotations

from typing import Any

import numpy as np

from .graph import Classified, ConversionError, Graph, Tensor, Value
from .links import normalised, two
from .registry import chances, classified, converts, predicted, write


def _mean(graph: Graph, parts: list[Tensor], weights: Any = None) -> Tensor:
    shares = np.ones(len(parts)) if weights is None else np.asarray(weights, dtype=np.float64)
    scaled = [graph.apply("Mul", graph.double(one), float(by)) for one, by in zip(parts, shares, strict=True)]
    total = graph.result(graph.node("Sum", *(one.name for one in scaled)), parts[0].width)
    return graph.apply("Div", total, float(shares.sum()))


@converts("sklearn", "VotingClassifier")
def votes(graph: Graph, step: Any, value: Value) -> Classified:
    """Write the weighted mean of the probabilities."""
    if step.voting != "soft":
        raise ConversionError("a hard vote gives no probabilities")
    parts = [chances(graph, one, value) for one in step.estimators_]
    return Classified(step.classes_, _mean(graph, parts, step._weights_not_none))


@converts("sklearn", "VotingRegressor")
def mean_answer(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write the weighted mean of the answers."""
    parts = [predicted(graph, one, value) for one in step.estimators_]
    return _mean(graph, parts, step._weights_not_none)


@converts("sklearn", "StackingClassifier", "StackingRegressor")
def stack(graph: Graph, step: Any, value: Value) -> Any:
    """Write the members, and the last model on what they answer."""
    answers = []
    for one, method in zip(step.estimators_, step.stack_method_, strict=True):
        if method == "predict_proba":
            found = chances(graph, one, value)
            answers.append(graph.take(found, [1]) if found.width == 2 else found)
        elif method == "decision_function":
            scores = classified(graph, one, value).scores
            if scores is None:
                raise ConversionError(f"{type(one).__name__} gives no scores to stack")
            answers.append(scores)
        elif hasattr(step, "classes_"):
            raise ConversionError(f"a stack on {method} of a classifier")
        else:
            answers.append(predicted(graph, one, value))
    if step.passthrough:
        answers.append(graph.matrix(value))
    given = write(graph, step.final_estimator_, graph.join(answers))
    return (
        Classified(step.classes_, given.probabilities, given.scores) if hasattr(step, "classes_") else given
    )


@converts("sklearn", "BaggingClassifier")
def bag(graph: Graph, step: Any, value: Value) -> Classified:
    """Write the mean of the members' probabilities, each on its own columns."""
    parts = []
    for one, columns in zip(step.estimators_, step.estimators_features_, strict=True):
        if len(one.classes_) != len(step.classes_):
            raise ConversionError("a member of the bag did not see every class")
        parts.append(chances(graph, one, graph.take(graph.matrix(value), columns)))
    return Classified(step.classes_, _mean(graph, parts))


@converts("sklearn", "BaggingRegressor")
def bag_answer(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write the mean of the members' answers, each on its own columns."""
    whole = graph.matrix(value)
    members = zip(step.estimators_, step.estimators_features_, strict=True)
    return _mean(graph, [predicted(graph, one, graph.take(whole, columns)) for one, columns in members])


@converts("sklearn", "OneVsRestClassifier")
def one_by_one(graph: Graph, step: Any, value: Value) -> Classified:
    """Write each class's own model, normalised."""
    if any(type(one).__name__ == "_ConstantPredictor" for one in step.estimators_):
        raise ConversionError("a class that has no model of its own")
    positive = [graph.take(chances(graph, one, value), [1]) for one in step.estimators_]
    if len(positive) == 1:
        return Classified(step.classes_, two(graph, positive[0]))
    return Classified(step.classes_, normalised(graph, graph.join(positive)))


@converts("sklearn", "DummyClassifier")
def prior(graph: Graph, step: Any, value: Value) -> Classified:
    """Write the shares of the classes for every row."""
    if step.strategy not in ("prior", "most_frequent"):
        raise ConversionError(f"a dummy by {step.strategy}")
    shares = np.asarray(step.class_prior_, dtype=np.float64)
    if step.strategy == "most_frequent":
        shares = np.eye(len(shares))[int(shares.argmax())]
    first = graph.each(value)[0]
    rows = graph.node("Gather", graph.node("Shape", first.name), graph.const([0], np.int64))
    shape = graph.node("Concat", rows, graph.const([1], np.int64), axis=0)
    return Classified(
        step.classes_, graph.result(graph.node("Expand", graph.const(shares[None]), shape), len(shares))
    )
