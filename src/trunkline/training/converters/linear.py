"""Linear models: classifiers and regressors that multiply by coefficients."""

from __future__ import annotations

from typing import Any

import numpy as np

from .graph import Classified, ConversionError, Graph, Tensor, Value
from .links import answered, by_scores
from .registry import converts


def scores_of(graph: Graph, step: Any, value: Value) -> Tensor:
    """Return x times the coefficients plus the intercept."""
    coefficients = np.atleast_2d(np.asarray(step.coef_, dtype=np.float64))
    product = graph.node("MatMul", graph.double(value).name, graph.const(coefficients.T))
    intercept = np.broadcast_to(np.asarray(step.intercept_, dtype=np.float64), (len(coefficients),))
    name = graph.node("Add", product, graph.const(intercept[None]))
    return graph.result(name, len(coefficients))


@converts("sklearn", "LogisticRegression", "LogisticRegressionCV", "LinearDiscriminantAnalysis")
def logistic(graph: Graph, step: Any, value: Value) -> Classified:
    """Write the sigmoid, or softmax, of the scores."""
    scores = scores_of(graph, step, value)
    apart = getattr(step, "solver", "") == "liblinear"
    return by_scores(graph, step.classes_, scores, one_by_one=apart)


@converts("sklearn", "SGDClassifier")
def stochastic(graph: Graph, step: Any, value: Value) -> Classified:
    """Write the scores, and the probabilities of log loss."""
    scores = scores_of(graph, step, value)
    if step.loss == "log_loss":
        return by_scores(graph, step.classes_, scores, one_by_one=True)
    return Classified(step.classes_, None, scores)


@converts(
    "sklearn",
    "LinearSVC",
    "RidgeClassifier",
    "RidgeClassifierCV",
    "Perceptron",
    "PassiveAggressiveClassifier",
)
def margin(graph: Graph, step: Any, value: Value) -> Classified:
    """Write the scores; there are no probabilities."""
    return Classified(step.classes_, None, scores_of(graph, step, value))


@converts(
    "sklearn",
    *("LinearRegression", "Ridge", "RidgeCV", "Lasso", "LassoCV", "LassoLars", "ElasticNet", "ElasticNetCV"),
    *("HuberRegressor", "BayesianRidge", "ARDRegression", "SGDRegressor", "LinearSVR", "QuantileRegressor"),
    *("TheilSenRegressor", "Lars", "LarsCV", "LassoLarsCV", "OrthogonalMatchingPursuit"),
)
def regression(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write the sum."""
    return scores_of(graph, step, value)


@converts("sklearn", "PoissonRegressor", "GammaRegressor", "TweedieRegressor")
def generalised(graph: Graph, step: Any, value: Value) -> Tensor:
    """Write the sum behind the inverse of the link."""
    name = type(step._base_loss.link).__name__
    links = {"LogLink": "log", "IdentityLink": "identity", "LogitLink": "logit"}
    if name not in links:
        raise ConversionError(f"the link {name} is not known")
    return answered(graph, scores_of(graph, step, value), links[name])
