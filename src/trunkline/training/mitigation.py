"""Mitigation: every candidate put under the fairness constraint that the policy names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import PolicyError, ProjectError
from trunkline.core.policy.training import Mitigation
from trunkline.inputs import input_of
from trunkline.tasks import task_of

from .candidate import Candidate
from .fair_mixture import FairMixture
from .group_thresholds import GroupThresholds
from .protected_groups import protected_groups

KEY = "training.mitigation"


def mitigated_attribute(policy: Mitigation, contract: Contract) -> Column | None:
    """Return the protected attribute that the policy's constraint is about, None where there is no constraint.

    Raises PolicyError when the outcome is not one of two, when the attribute is not said, unknown or not protected,
    a number without bands, or no feature though the method needs it to answer.
    """
    if policy.method == "none":
        return None
    outcome = contract.outcome
    if task_of(contract).sides(contract) is None:
        raise PolicyError(
            f"{KEY}: {policy.method} works on an outcome of two classes, and {outcome.name} is "
            f"{input_of(outcome).rule()}.",
            value=policy.method,
            next_step=f"set {KEY}.method to none; gates.fairness still asks about the groups",
        )
    protected = [column.name for column in contract.protected]
    name = policy.attribute or (protected[0] if len(protected) == 1 else "")
    if name not in protected:
        known = f"protected are {', '.join(protected)}" if protected else "the contract protects none"
        raise PolicyError(
            f"{KEY}.attribute: "
            + (f"{name} is no protected attribute" if name else "say which attribute is meant")
            + f" ({known}).",
            value=policy.attribute,
            next_step="name one of them in trunkline.yaml"
            if protected
            else "say trunkline.field(protected=True) of the column in contract.py",
        )
    column = contract.column(name)
    if input_of(column).quantity and not column.bands:
        raise PolicyError(
            f"{KEY}.attribute: {name} is a number, and the contract does not say where its groups begin.",
            value=name,
            next_step=f"say trunkline.field(bands=[...]) of {name} in contract.py",
        )
    if policy.method == "threshold-optimizer" and column.role is not Role.FEATURE:
        raise PolicyError(
            f"{KEY}: threshold-optimizer needs {name} in every request, and the contract keeps it out of the model.",
            value=name,
            next_step=f"make {name} a feature, or use exponentiated-gradient, which needs it only while it trains",
        )
    return column


def put_under(candidates: list[Candidate], policy: Mitigation) -> list[Candidate]:
    """Return the candidates by the names under which they compete: `forest+threshold-optimizer`."""
    if policy.method == "none":
        return candidates
    return [replace(candidate, name=f"{candidate.name}+{policy.method}") for candidate in candidates]


def constrained(
    pipeline: Pipeline,
    candidate: Candidate,
    policy: Mitigation,
    attribute: Column | None,
    contract: Contract,
    seed: int,
) -> Any:
    """Return the unfitted pipeline inside the estimator that keeps the constraint; as it is where there is none.

    Raises ProjectError when the candidate's estimator does not take the weights that exponentiated-gradient gives.
    """
    sides = task_of(contract).sides(contract)
    if attribute is None or sides is None:
        return pipeline
    if policy.method == "threshold-optimizer":
        return GroupThresholds(
            pipeline,
            attribute=attribute.name,
            positive=sides[1],
            bands=attribute.bands,
            constraint=policy.constraint,
            seed=seed,
        )
    if not has_fit_parameter(pipeline["model"], "sample_weight"):
        raise ProjectError(
            f"The candidate {candidate.name} cannot be trained: "
            f"{type(candidate.estimator).__name__} does not take sample_weight, which exponentiated-gradient needs.",
            next_step="leave it out of training.candidates, or use threshold-optimizer",
        )
    return FairMixture(pipeline, positive=sides[1], constraint=policy.constraint)


def fit_groups(
    development: pd.DataFrame, policy: Mitigation, attribute: Column | None
) -> dict[str, np.ndarray]:
    """Return what the mitigated estimator's fit gets beside rows and outcomes, one value a row."""
    if attribute is None or policy.method != "exponentiated-gradient":
        return {}
    return {"sensitive_features": protected_groups(development, attribute)}
