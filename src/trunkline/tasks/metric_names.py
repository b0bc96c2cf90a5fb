"""Which metrics a policy may name: those that exist and, given the contract, fit its task; needs the training stack."""

from __future__ import annotations

import numpy as np

from trunkline.core.contract import Contract
from trunkline.core.errors import PolicyError, instead
from trunkline.core.policy.monitors.performance import PerformanceMonitor
from trunkline.core.policy.policy import Policy
from trunkline.measure.metric_range import floor_problem
from trunkline.measure.metrics import Metrics, row_metrics
from trunkline.measure.scorers import find_metric, scorer_names
from trunkline.measure.weighted import NAMES

from .found import task_of

WATCHED = "monitoring.performance.metric"
"""The policy's key of the metric that monitors and rollouts use."""


def with_own(metrics: Metrics, contract: Contract) -> Metrics:
    """Return the project's metrics and those of the contract's task."""
    return {**row_metrics(task_of(contract).metrics), **metrics}


def check_metric_names(policy: Policy, metrics: Metrics, contract: Contract | None = None) -> None:
    """Check that every metric that the policy names exists and, given the contract, fits its outcome.

    Raises PolicyError naming the key and close matches.
    """
    if doubled := sorted(set(metrics) & set(scorer_names())):
        raise PolicyError(
            f"model.py defines the metric {doubled[0]}, and scikit-learn has one of that name.",
            next_step="give the project's metric another name",
        )
    if contract is not None:
        metrics = with_own(metrics, contract)
    rules = policy.gates.performance
    floors = {f"gates.performance.floors.{name}": (name, floor) for name, floor in rules.floors.items()}
    for position, part in enumerate(rules.slices):
        key = f"gates.performance.slices.{position}.floors"
        floors |= {f"{key}.{name}": (name, floor) for name, floor in part.floors.items()}
    judged = {
        "training.search.metric": policy.training.search.metric,
        "gates.performance.metric": rules.metric,
    }
    judged |= {key: name for key, (name, _) in floors.items()}
    for key, name in (judged | {WATCHED: policy.monitoring.of(PerformanceMonitor).metric}).items():
        check_known(key, name, metrics)
    for key, (name, floor) in floors.items():
        if name not in metrics and (problem := floor_problem(name, floor)):
            raise PolicyError(f"{key} is {floor:g}, and {problem}.", value=floor, next_step=f"correct {key}")
    if contract is not None:
        for key, name in judged.items():
            check_fit(key, name, metrics, contract)


def check_known(key: str, name: str, metrics: Metrics) -> None:
    """Raise PolicyError, with close matches, when there is no metric of this name."""
    known = sorted({*scorer_names(), *metrics})
    if name not in known:
        raise PolicyError(
            f"{key} names the metric {name}, and there is none of that name.",
            value=name,
            next_step=instead(name, known),
        )


def check_watched_metric(policy: Policy, metrics: Metrics, contract: Contract) -> str:
    """Return what the machine that watches needs for the monitors' metric; empty when it needs nothing.

    Raises PolicyError when the metric does not fit the outcome: they would never judge by it.
    """
    metrics = with_own(metrics, contract)
    name = policy.monitoring.of(PerformanceMonitor).metric
    check_fit(WATCHED, name, metrics, contract)
    if name in NAMES or name in metrics:
        return ""
    return f"{WATCHED} is {name}, which scikit-learn computes: install the extra `train` where trunkline monitors."


def check_fit(key: str, name: str, metrics: Metrics, contract: Contract, *, classes: int = 0) -> None:
    """Raise PolicyError when the metric has no value for answers of this kind, asked of a few made-up rows.

    `classes` is the number of outcomes where the contract does not list them.
    """
    task = task_of(contract)
    sample = task.sample(contract, classes=classes)
    if name in metrics or np.isfinite(find_metric(name, metrics).value(sample)):
        return
    raise PolicyError(
        f"{key} is {name}, which does not fit the outcome {contract.outcome.name}.",
        value=name,
        next_step=f"set {key} to a metric such as {task.standard(sample)[0]}",
    )
