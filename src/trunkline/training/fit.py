"""Fit: every candidate is searched by cross-validation, the best is fitted on all rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from trunkline.core.contract import Contract
from trunkline.core.decision import Decision
from trunkline.core.lineage import Trial
from trunkline.core.origin import Origin
from trunkline.core.policy.training import TrainingPolicy
from trunkline.core.progress import Progress
from trunkline.tasks import Judging, judging_of

from .candidate import NO_EXPORT, Candidate, Export
from .cluster import cluster
from .elsewhere import Files, Trained, check_taken, take
from .folds import folds
from .frames import model_frame, outcome
from .libraries import Taken, drawing
from .mitigation import constrained, fit_groups, mitigated_attribute, put_under
from .offer import Offer, assemble, offered, require_complete
from .scoring import Metric, search_scorer
from .search import guarded, search, tries
from .stopping import Stopped, stopping_units, way_of
from .threads import answer_in_one_thread
from .threshold import check_threshold, decide
from .weights import check_learned, row_weights


@dataclass(frozen=True)
class Fitted:
    """The winner: its pipeline fitted on all rows, the settings found, and how every candidate did."""

    pipeline: Any
    """The features and the estimator, inside the estimator that keeps a fairness constraint where there is one."""
    candidate: str
    settings: dict[str, Any]
    trials: tuple[Trial, ...]
    classes: tuple[str, ...]
    """The labels in the order of the probability columns; empty where the task has none."""
    decision: Decision | None = None
    """From which probability on the positive class is the answer; None: the likelier class is."""
    origin: Origin | None = None
    """Where its file comes from, if it was trained elsewhere."""
    export: Export = NO_EXPORT
    """How the candidate becomes ONNX."""


def train(
    development: pd.DataFrame,
    contract: Contract,
    *,
    features: Callable[[], Any],
    candidates: Offer,
    policy: TrainingPolicy,
    files: Files | None = None,
    metrics: Mapping[str, Metric] | None = None,
    split: str = "stratified",
    progress: Progress | None = None,
) -> Fitted:
    """Return the best candidate, searched by seeded cross-validation on `development` and fitted on all of it.

    `split` is the policy's `data.split.method`: folds are cut as the parts are. The same rows, code and policy give the
    same model, whatever `search.jobs` and `compute` are. Ties go to the candidate that is
    offered first. Raises PolicyError for a candidate or metric that does not exist and for a mitigation that does not
    fit the contract, DataError for an outcome that cannot be learned, ProjectError when the project's own code raises.
    """
    say = progress or (lambda _: None)
    attribute = mitigated_attribute(policy.mitigation, contract)
    competing = offered(candidates, policy.candidates)
    X, y = model_frame(development, contract), outcome(development, contract)
    check_threshold(policy, contract, metrics or {})
    if isinstance(competing, Trained):
        return _taken(competing, files, X, y, contract, policy, say)
    names = put_under(competing, policy.mitigation)
    judging = judging_of(contract)
    judging.require_learnable(y, contract, folds=policy.search.folds)
    scorer = search_scorer(policy.search.metric, contract, metrics or {}, y)
    cuts = folds(development, y, contract, method=split, number=policy.search.folds, seed=policy.search.seed)
    groups = fit_groups(development, policy.mitigation, attribute)
    way = way_of(split, contract)
    units = stopping_units(development, contract, way) if policy.mitigation.method == "none" else {}
    beside: dict[str, dict[str, np.ndarray]] = {}
    pipelines: dict[str, Any] = {}
    for candidate in names:
        pipeline = assemble(candidate, features, contract, policy.search.seed, way if units else "drawn")
        for name in drawing(pipeline["model"], len(y)) if way != "drawn" else ():
            say(
                f"{candidate.name}: {name} draws the rows by which it stops early, whatever the {split} split"
            )
        if not judging.complete(pipeline["model"]):
            _fit_a_few(candidate, pipeline, X, y, policy.search.folds, judging)
        pipelines[candidate.name] = constrained(
            pipeline, candidate, policy.mitigation, attribute, contract, policy.search.seed
        )
        beside[candidate.name] = groups | row_weights(development, contract, candidate, policy.mitigation)
        check_learned(beside[candidate.name], cuts)
        if isinstance(pipeline["model"], Stopped | Taken):
            beside[candidate.name] |= units
    trials: list[Trial] = []
    chosen: dict[str, dict[str, Any]] = {}
    with cluster(policy.compute) as there:
        if there:
            say(f"fits run on {there.address}, {there.threads} at a time")
        for candidate in names:
            say(
                f"{candidate.name}: {tries(candidate, policy.search)} settings, {policy.search.folds} folds each"
            )
            found, trial = search(
                candidate,
                pipelines[candidate.name],
                X,
                y,
                beside[candidate.name],
                scorer,
                cuts,
                policy.search,
                there,
            )
            chosen[candidate.name] = found
            trials.append(trial)
            say(f"{candidate.name}: {policy.search.metric} {trial.score:.4f} (spread {trial.spread:.4f})")
    # rounded: the last digits of a mean are no reason to prefer a candidate
    best = max(trials, key=lambda trial: round(trial.score, 9))
    say(f"{best.candidate} is best; fitting it on {len(X)} rows")
    pipeline = pipelines[best.candidate].set_params(**chosen[best.candidate])
    also = beside[best.candidate]
    decision = guarded(
        best.candidate, lambda: decide(policy, contract, metrics or {}, pipeline, X, y, cuts, also)
    )
    if decision is not None:
        say(f"the answer is {decision.rule()}. {decision.reason}")
    with threadpool_limits(1):
        pipeline = guarded(best.candidate, lambda: pipeline.fit(X, y, **also))
    if isinstance(pipeline, Pipeline) and isinstance(pipeline["model"], Stopped):
        pipeline.steps[-1] = ("model", pipeline["model"].estimator_)
    answer_in_one_thread(pipeline)
    classes = judging.classes(pipeline, contract, candidate=best.candidate)
    return Fitted(
        pipeline=pipeline,
        candidate=best.candidate,
        settings=dict(best.settings),
        trials=tuple(trials),
        classes=classes,
        decision=decision,
        export=next(one.export for one in names if one.name == best.candidate),
    )


def _taken(
    trained: Trained,
    files: Files | None,
    X: pd.DataFrame,
    y: np.ndarray,
    contract: Contract,
    policy: TrainingPolicy,
    say: Progress,
) -> Fitted:
    """Return a model that was trained elsewhere: nothing is searched, and only its transformers are fitted."""
    check_taken(trained, policy)
    say(f"{trained.name}: taking {trained.file}, which was trained elsewhere")
    with threadpool_limits(1):
        pipeline, origin = take(trained, files, X, contract)
    decision = decide(policy, contract, {}, pipeline, X, y, [], {})
    return Fitted(
        pipeline=pipeline,
        candidate=trained.name,
        settings={"file": origin.file, "digest": origin.digest},
        trials=(),
        classes=judging_of(contract).classes(pipeline, contract, candidate=trained.name),
        decision=decision,
        origin=origin,
    )


def _fit_a_few(
    candidate: Candidate, pipeline: Any, X: pd.DataFrame, y: np.ndarray, each: int, judging: Judging
) -> None:
    """Raise ProjectError when a model that gives no probabilities unfitted gives none fitted: before a search."""
    places = pd.Series(range(len(y))).groupby(y.astype(str)).head(max(each, 10)).to_numpy()
    with threadpool_limits(1):
        fitted = guarded(candidate.name, lambda: clone(pipeline).fit(X.iloc[places], y[places]))
    require_complete(candidate, fitted, judging)
