"""The threshold: the probability from which the positive class is the answer, given or chosen on held-out rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from trunkline.core.contract import Contract
from trunkline.core.decision import HALF, Decision
from trunkline.core.errors import PolicyError
from trunkline.core.policy.training import Costs, TrainingPolicy
from trunkline.inputs import input_of
from trunkline.measure.metrics import Metric as Measure
from trunkline.measure.paired import Paired
from trunkline.measure.scorers import asks_chances, find_metric
from trunkline.tasks import task_of
from trunkline.tasks.metric_names import check_known

from .folds import Cut
from .scoring import Metric

KEY = "training.threshold"
ONE_SIDED = ("precision", "recall")
"""Metrics that are greatest when one class is hardly ever answered, or always."""
MOST = 400
"""Thresholds that a metric is computed at."""
DIGITS = 6

Value = Callable[[np.ndarray], float]
"""The worth of labels, one a row held out; higher is better."""


def check_threshold(policy: TrainingPolicy, contract: Contract, metrics: Mapping[str, Metric]) -> None:
    """Check that the policy's threshold fits the outcome, the mitigation and the metrics that there are.

    Raises PolicyError naming the key.
    """
    asked = policy.threshold
    if asked is None:
        return
    outcome = contract.outcome
    if task_of(contract).sides(contract) is None:
        raise PolicyError(
            f"{KEY} needs an outcome of two classes with a positive one, and {outcome.name} is "
            f"{input_of(outcome).rule()}.",
            next_step=f"take {KEY} out of trunkline.yaml",
        )
    if policy.mitigation.method != "none":
        raise PolicyError(
            f"{KEY}: {policy.mitigation.method} keeps its constraint for answers at one half only.",
            value=policy.mitigation.method,
            next_step=f"take out {KEY}, or set training.mitigation.method to none and let gates.fairness ask",
        )
    if asked.metric and asked.metric not in metrics:
        _check_scorer(asked.metric, metrics)


def _check_scorer(name: str, metrics: Mapping[str, Metric]) -> None:
    check_known(f"{KEY}.metric", name, metrics)
    if name in ONE_SIDED:
        problem = f"{name} alone is greatest where nearly all rows get the same answer"
    elif asks_chances(name):
        problem = f"{name} is about probabilities and is the same at every threshold"
    else:
        return
    raise PolicyError(
        f"{KEY}.metric: {problem}.",
        value=name,
        next_step=f"use f1, balanced_accuracy, {', '.join([*metrics, 'accuracy'])} or `costs`",
    )


def decide(
    policy: TrainingPolicy,
    contract: Contract,
    metrics: Mapping[str, Metric],
    pipeline: Any,
    X: pd.DataFrame,
    y: np.ndarray,
    cuts: list[Cut],
    beside: Mapping[str, np.ndarray],
) -> Decision | None:
    """Return the policy's threshold, None where it has none.

    Where it is to be chosen, the unfitted `pipeline` is fitted on each of `cuts`, with what its fit gets `beside` the
    rows, and the scores of the rows that it did
    not see decide: in-sample ones are too sure of themselves (Provost and Fawcett 2001, Robust classification for
    imprecise environments; Elkan 2001, The foundations of cost-sensitive learning). Ties go to what is nearest to one
    half. Raises what `check_threshold` raises, and ProjectError when the project's metric does.
    """
    check_threshold(policy, contract, metrics)
    asked, sides = policy.threshold, task_of(contract).sides(contract)
    if asked is None or sides is None:
        return None
    negative, positive = sides
    if asked.value is not None:
        return Decision(positive=positive, threshold=asked.value, reason="The policy says so.")
    scores, truth = _held_out(pipeline, X, y, cuts, positive, beside)
    if asked.costs is not None:
        name, value = "the mean cost of a row", _cost(asked.costs, truth == positive, positive)
    else:
        metric = find_metric(asked.metric, metrics)
        name, value = metric.name, _metric(metric, contract, truth, scores, sides)
    found = {cut: value(np.where(scores >= cut, positive, negative).astype(object)) for cut in _cuts(scores)}
    best = min(found, key=lambda cut: (-round(found[cut], 9), abs(cut - HALF), cut))
    half = value(np.where(scores >= HALF, positive, negative).astype(object))
    sign = -1 if asked.costs is not None else 1
    return Decision(
        positive=positive,
        threshold=best,
        reason=f"Chosen by {name} on {len(scores):,} rows held out by folds: {sign * found[best]:.4g} there, "
        f"{sign * half:.4g} at one half.",
    )


def _held_out(
    pipeline: Any,
    X: pd.DataFrame,
    y: np.ndarray,
    cuts: list[Cut],
    positive: str,
    beside: Mapping[str, np.ndarray],
) -> tuple[np.ndarray, np.ndarray]:
    """Return the probability of the positive class of each row that some cut holds out, and what was true."""
    scores, truth = [], []
    for learned, held in cuts:
        with threadpool_limits(1):
            known = {name: values[learned] for name, values in beside.items()}
            model = clone(pipeline).fit(X.iloc[learned], y[learned], **known)
            place = [str(label) for label in model.classes_].index(positive)
            scores.append(np.asarray(model.predict_proba(X.iloc[held]), dtype=np.float64)[:, place])
        truth.append(y[held].astype(str).astype(object))
    return np.concatenate(scores), np.concatenate(truth)


def _cuts(scores: np.ndarray) -> list[float]:
    """Return thresholds halfway between neighbouring scores, so that each class is answered at least once."""
    known = np.unique(scores)
    if len(known) > MOST:
        known = np.unique(np.quantile(scores, np.linspace(0, 1, MOST), method="nearest"))
    middle = np.round((known[1:] + known[:-1]) / 2, DIGITS)
    inside = middle[(middle > 0) & (middle < 1) & (middle > scores.min()) & (middle <= scores.max())]
    return [float(cut) for cut in np.unique(inside)] or [HALF]


def _cost(costs: Costs, positive: np.ndarray, name: str) -> Value:
    def worth(labels: np.ndarray) -> float:
        answered = labels == name
        wrong = costs.false_positive * (answered & ~positive) + costs.false_negative * (~answered & positive)
        return -float(wrong.mean())

    return worth


def _metric(
    metric: Measure, contract: Contract, truth: np.ndarray, scores: np.ndarray, order: tuple[str, str]
) -> Value:
    chances = np.stack([1 - scores, scores], axis=1)
    outcome = (truth == order[1]).astype(np.int64)

    def value(labels: np.ndarray) -> float:
        said = (labels == order[1]).astype(np.int64)
        return metric.value(Paired(outcome, said, chances, order, 1, coded=contract.outcome.coded))

    return value
