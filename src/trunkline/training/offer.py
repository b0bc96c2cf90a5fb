"""What a project offers for training: its candidates and its features, put together to pipelines."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from typing import Any

from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline

from trunkline.core.contract import Contract
from trunkline.core.errors import PolicyError, ProjectError
from trunkline.core.raised import asking
from trunkline.tasks import Judging, judging_of

from .candidate import Candidate
from .elsewhere.trained import Trained
from .libraries import taken_in
from .stopping import Way

KEY = "training.candidates"
Offers = Sequence[Candidate | Trained]
Offer = Offers | Callable[[], Offers]


def offered(candidates: Offer, wanted: Sequence[str]) -> list[Candidate] | Trained:
    """Return the candidates that compete, in the order in which the project offers them, or the one trained model.

    `wanted` is the policy's `training.candidates`; empty means all. Raises PolicyError for a name that is not
    offered, and for a trained model beside others: on rows that it may have learned from, none competes fairly.
    ProjectError when model.py raises or offers none, two of one name, or something else.
    """
    if callable(candidates):
        with asking("candidates() raised", "correct model.py"):
            candidates = candidates()
    if not isinstance(candidates, Sequence) or not candidates:
        raise ProjectError(
            "model.py offers no candidates.", value=candidates, next_step="return a list of Candidate there"
        )
    if strange := [value for value in candidates if not isinstance(value, Candidate | Trained)]:
        raise ProjectError(
            "model.py offers something that is neither Candidate nor Trained.",
            value=strange[0],
            next_step="use Candidate or Trained of trunkline.training",
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
    chosen = [candidate for candidate in candidates if not wanted or candidate.name in wanted]
    for one in chosen:
        if isinstance(one, Trained):
            if len(chosen) > 1:
                raise PolicyError(
                    f"{KEY}: {one.name} was trained elsewhere, maybe on rows of this snapshot, and cannot compete with "
                    "others in a search.",
                    value=[each.name for each in chosen],
                    next_step="name one of them in trunkline.yaml; the gates compare it with the champion",
                )
            return one
    return [one for one in chosen if isinstance(one, Candidate)]


def assemble(
    candidate: Candidate, features: Callable[[], Any], contract: Contract, seed: int, way: Way = "drawn"
) -> Pipeline:
    """Return the unfitted pipeline of the project's features and the candidate's estimator, seeded.

    `way` says which rows are held out where it stops early.

    Raises ProjectError when features() raises or is no transformer, when the search names a parameter that the
    estimator does not have, features() a column that the model does not see, or when scikit-learn cannot copy one of
    them.
    """
    with asking("features() raised", "correct features.py"):
        transformer = features()
    if isinstance(transformer, type) or not callable(getattr(transformer, "transform", None)):
        raise ProjectError(
            "features() did not return a transformer.",
            value=transformer,
            next_step="return an unfitted scikit-learn transformer in features.py",
        )
    own = taken_in(candidate.estimator, seed=seed, way=way)
    estimator = _copied(own, f"The estimator of candidate {candidate.name}", "model.py")
    _check_search(candidate, estimator)
    judging_of(contract).refuse(candidate.estimator, contract, candidate=candidate.name)
    copied = _copied(transformer, "What features() returned", "features.py")
    check_columns(copied, contract)
    pipeline = Pipeline([("features", copied), ("model", estimator)])
    loose = {
        name: seed
        for name, value in pipeline.get_params(deep=True).items()
        if name.split("__")[-1] == "random_state" and value is None
    }
    return pipeline.set_params(**loose)


def require_complete(candidate: Candidate, fitted: Any, judging: Judging) -> None:
    """Raise ProjectError when a fitted model gives less than an answer holds, which is its probabilities.

    An unfitted one does not know: what a stack of models or a search gives is decided when it is fitted.
    """
    if not judging.complete(fitted):
        raise ProjectError(
            f"Candidate {candidate.name}: {type(candidate.estimator).__name__} gives no probabilities.",
            next_step="wrap it in sklearn.calibration.CalibratedClassifierCV in model.py",
        )


def _copied(estimator: Any, what: str, file: str) -> Any:
    """Return an unfitted copy: the search fits one for each setting and fold."""
    with asking(
        f"{what}, {type(estimator).__name__}, cannot be copied by sklearn.base.clone:",
        f"keep its arguments unchanged in __init__ and build what follows from them in fit; see {file}",
    ):
        return clone(estimator)


def _check_search(candidate: Candidate, estimator: Any) -> None:
    """Raise ProjectError for a parameter of the search that the estimator does not take."""
    parameters = estimator.get_params(deep=True)
    for name, values in candidate.search.items():
        if name in parameters:
            continue
        if isinstance(values, list | tuple):
            # Some list only what was set, and take more.
            try:
                clone(estimator).set_params(**{name: values[0]})
            except Exception:  # noqa: S110 - said below, with what it does take
                pass
            else:
                continue
        near = difflib.get_close_matches(name, parameters, n=1)
        raise ProjectError(
            f"Candidate {candidate.name}: {type(candidate.estimator).__name__} has no parameter {name}.",
            value=name,
            next_step=f"use {near[0]} in model.py" if near else "correct `search` in model.py",
        )


def check_columns(transformer: Any, contract: Contract) -> None:
    """Raise ProjectError for a column that a ColumnTransformer anywhere in the features names and the model lacks."""
    known = [column.name for column in contract.features]
    for step in (transformer, *transformer.get_params(deep=True).values()):
        if not isinstance(step, ColumnTransformer):
            continue
        for place, (block, _, columns) in enumerate(step.transformers):
            named = [columns] if isinstance(columns, str) else columns
            for name in named if isinstance(named, list | tuple) else ():
                if isinstance(name, str) and name not in known:
                    raise ProjectError(
                        f"features() names the column {name} in the step {block or place}: {_why(name, contract)}.",
                        value=name,
                        next_step=_instead(name, known),
                    )


def _why(name: str, contract: Contract) -> str:
    other = next((column for column in contract.columns if column.name == name), None)
    if other is None:
        return "the contract has no such column"
    return f"its role is {other.role.value}, and the model sees features only"


def _instead(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"use {near[0]} in features.py" if near else f"in features.py, use one of {', '.join(known)}"
