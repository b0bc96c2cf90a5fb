"""What a project offers for training: its candidates and its features, put together to pipelines."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from typing import Any

from sklearn.base import clone
from sklearn.pipeline import Pipeline

from trunkline.core.contract import Contract
from trunkline.core.errors import PolicyError, ProjectError

from .candidate import Candidate

KEY = "training.candidates"


def offered(
    candidates: Sequence[Candidate] | Callable[[], Sequence[Candidate]], wanted: Sequence[str]
) -> list[Candidate]:
    """Return the candidates that compete, in the order in which the project offers them.

    `wanted` is the policy's `training.candidates`; empty means all. Raises PolicyError for a name that is not
    offered, ProjectError when model.py raises or offers none, two of one name, or something else.
    """
    if callable(candidates):
        try:
            candidates = candidates()
        except ProjectError:
            raise
        except Exception as error:
            raise ProjectError(
                f"candidates() raised {type(error).__name__}: {error}.", next_step="correct model.py"
            ) from error
    if not isinstance(candidates, Sequence) or not candidates:
        raise ProjectError(
            "model.py offers no candidates.", value=candidates, next_step="return a list of Candidate there"
        )
    if strange := [value for value in candidates if not isinstance(value, Candidate)]:
        raise ProjectError(
            "model.py offers something that is no Candidate.",
            value=strange[0],
            next_step="use trunkline.training.Candidate",
        )
    names = [candidate.name for candidate in candidates]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise ProjectError(
            f"model.py offers two candidates of one name: {', '.join(doubled)}.",
            next_step="rename one of them",
        )
    for name in wanted:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            raise PolicyError(
                f"{KEY}: model.py offers no candidate {name} (known: {', '.join(names)}).",
                value=name,
                next_step=f"use {near[0]}" if near else "edit trunkline.yaml or model.py",
            )
    return [candidate for candidate in candidates if not wanted or candidate.name in wanted]


def assemble(candidate: Candidate, features: Callable[[], Any], contract: Contract, seed: int) -> Pipeline:
    """Return the unfitted pipeline of the project's features and the candidate's estimator, seeded.

    Raises ProjectError when features() raises or is no transformer, when the search names a parameter that the
    estimator does not have, or when a classifier gives no probabilities.
    """
    try:
        transformer = features()
    except Exception as error:
        raise ProjectError(
            f"features() raised {type(error).__name__}: {error}.", next_step="correct features.py"
        ) from error
    if isinstance(transformer, type) or not callable(getattr(transformer, "transform", None)):
        raise ProjectError(
            "features() did not return a transformer.",
            value=transformer,
            next_step="return an unfitted scikit-learn transformer in features.py",
        )
    estimator = clone(candidate.estimator)
    parameters = estimator.get_params(deep=True)
    for name in candidate.search:
        if name not in parameters:
            near = difflib.get_close_matches(name, parameters, n=1)
            raise ProjectError(
                f"Candidate {candidate.name}: {type(estimator).__name__} has no parameter {name}.",
                next_step=f"use {near[0]} in model.py" if near else "correct `search` in model.py",
            )
    if contract.task == "classification" and not hasattr(estimator, "predict_proba"):
        raise ProjectError(
            f"Candidate {candidate.name}: {type(estimator).__name__} gives no probabilities.",
            next_step="wrap it in sklearn.calibration.CalibratedClassifierCV in model.py",
        )
    pipeline = Pipeline([("features", clone(transformer)), ("model", estimator)])
    loose = {
        name: seed
        for name, value in pipeline.get_params(deep=True).items()
        if name.split("__")[-1] == "random_state" and value is None
    }
    return pipeline.set_params(**loose)
