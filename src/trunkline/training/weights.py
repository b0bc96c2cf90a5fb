"""Weights: how much each row counts when a model is fitted, where the contract has a column of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from trunkline.core.contract import Contract, Role
from trunkline.core.errors import DataError, PolicyError, ProjectError
from trunkline.core.policy.training import Mitigation

from .candidate import Candidate
from .folds import Cut

PARAMETER = "sample_weight"


def row_weights(
    development: pd.DataFrame, contract: Contract, candidate: Candidate, mitigation: Mitigation
) -> dict[str, np.ndarray]:
    """Return what the fit of a candidate's pipeline gets beside rows and outcomes, an array of shape (n,).

    Without weights it is empty. Weights shape what is learned; figures count each row once. Raises ProjectError when
    the estimator takes no weights, PolicyError where a mitigation weighs the rows itself, DataError when no row counts.
    """
    column = contract.of_role(Role.WEIGHT)
    if column is None:
        return {}
    if mitigation.method != "none":
        raise PolicyError(
            f"training.mitigation: {mitigation.method} decides itself how much a row counts, "
            f"and the contract weighs rows by {column.name}.",
            value=mitigation.method,
            next_step=f"leave it out, or give {column.name} the role 'audit' in contract.py",
        )
    weights = development[column.name].to_numpy(dtype=np.float64)
    if not weights.any():
        raise DataError(
            f"All rows have the weight 0 in {column.name}.", next_step="give load() rows that count"
        )
    return {f"model__{_parameter(candidate.estimator, candidate, column.name)}": weights}


def check_learned(beside: Mapping[str, np.ndarray], cuts: Sequence[Cut]) -> None:
    """Raise DataError when no row counts among those that a fold learns from."""
    for name, values in beside.items():
        if not name.endswith(PARAMETER):
            continue
        for place, (learned, _) in enumerate(cuts, start=1):
            if not values[learned].any():
                raise DataError(
                    f"All {len(learned):,} rows that fold {place} of {len(cuts)} learns from have the weight 0.",
                    next_step="lower training.search.folds, or weigh more rows",
                )


def _parameter(estimator: Any, candidate: Candidate, column: str) -> str:
    """Return by which parameter of `fit` an estimator takes weights; of a pipeline, its last step does."""
    if isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        return f"{name}__{_parameter(last, candidate, column)}"
    if not has_fit_parameter(estimator, PARAMETER):
        raise ProjectError(
            f"The candidate {candidate.name} cannot be trained: {type(estimator).__name__} takes no weights, "
            f"and the contract weighs rows by {column}.",
            next_step=f"leave it out of training.candidates, or give {column} the role 'audit' in contract.py",
        )
    return PARAMETER
