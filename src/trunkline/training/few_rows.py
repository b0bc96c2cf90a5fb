"""A few rows: every candidate fitted and asked once on them, so that what is wrong is said before a search."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from trunkline.core.contract import Column, Contract
from trunkline.core.errors import DataError, ExportError, ProjectError
from trunkline.core.plugins import plugins
from trunkline.core.policy.training import TrainingPolicy
from trunkline.inputs import input_of
from trunkline.tasks import Judging, answer_rows, judging_of

from .candidate import NO_EXPORT, Candidate, Export
from .elsewhere import Files, Trained, check_taken, take
from .export import answered
from .exporters.exporter import ConversionError
from .frames import model_frame, outcome
from .mitigation import constrained, fit_groups, mitigated_attribute, put_under
from .offer import Offer, assemble, offered, require_complete
from .parity import edges
from .scoring import Metric, search_scorer
from .search import guarded
from .weights import row_weights

ROWS = 400
"""Rows that are drawn; those that bring a class or category which the draw has not come on top."""
MORE_ROWS = 5000
"""Rows on which a candidate is tried again that failed on the few."""
SEED = 7
SECONDS = 3.0
"""How long further settings of one candidate are tried."""


@dataclass(frozen=True)
class Tried:
    """A candidate that was fitted and asked: how many of its settings, and what it would run as."""

    candidate: str
    settings: int
    runtime: str
    """`onnx`, or `python` with the reason."""
    size: int
    """Bytes of its model; one of more rows may have more."""
    code: bool = False
    """Whether the project's package travels with it."""


def few_rows(rows: pd.DataFrame, contract: Contract, *, count: int = ROWS) -> pd.DataFrame:
    """Return some rows with every class and category that the rows have, always the same ones, in their order."""
    draw = np.random.default_rng(SEED)
    chosen = set(draw.permutation(len(rows))[:count].tolist())
    for column in (contract.outcome, *contract.features):
        if not input_of(column).classes():
            continue
        values = rows[column.name].reset_index(drop=True)
        times = 5 if column is contract.outcome else 1
        chosen |= set(values.dropna().groupby(values, sort=True).head(times).index.tolist())
    return rows.iloc[sorted(chosen)].reset_index(drop=True)


def try_candidates(
    rows: pd.DataFrame,
    contract: Contract,
    *,
    features: Callable[[], Any],
    candidates: Offer,
    policy: TrainingPolicy,
    metrics: Mapping[str, Metric],
    package: str,
    progress: Callable[[str], None],
    files: Files | None = None,
) -> tuple[Tried, ...]:
    """Return what became of every candidate when it was fitted on a few of the rows, scored, converted and asked.

    Raises what `train` and `export` would: PolicyError for a metric that does not fit the outcome, ProjectError for
    features, an estimator or a setting that cannot be fitted, ExportError for what cannot be written or leaves a row
    of the contract without an answer.
    """
    attribute = mitigated_attribute(policy.mitigation, contract)
    few, more = (answer_rows(few_rows(rows, contract, count=count), contract) for count in (ROWS, MORE_ROWS))
    scorer = search_scorer(policy.search.metric, contract, metrics, outcome(few, contract))
    found = []
    competing = offered(candidates, policy.candidates)
    if isinstance(competing, Trained):
        progress(f"{competing.name}: asking it {len(few)} rows")
        check_taken(competing, policy)
        X = model_frame(few, contract)
        fitted, _ = take(competing, files, X, contract)
        guarded(competing.name, lambda: scorer(fitted, X, outcome(few, contract)), doing="scored")
        return (Tried(competing.name, 0, *_asked(fitted, X, contract, package, NO_EXPORT)),)
    for candidate in put_under(competing, policy.mitigation):
        progress(f"{candidate.name}: fitting {len(few)} rows")
        pipeline = assemble(candidate, features, contract, policy.search.seed)
        whole = constrained(pipeline, candidate, policy.mitigation, attribute, contract, policy.search.seed)
        one = _One(candidate, whole, contract, policy, attribute, scorer, package)
        try:
            found.append(one.tried(few))
        except (ProjectError, ExportError, DataError):
            # A neighbour too many or a word too rare is the few rows' fault.
            if len(more) <= len(few):
                raise
            progress(f"{candidate.name}: it failed on {len(few)} rows, trying {len(more)}")
            found.append(one.tried(more))
    return tuple(found)


@dataclass(frozen=True)
class _One:
    """A candidate to be tried."""

    candidate: Candidate
    whole: Any
    contract: Contract
    policy: TrainingPolicy
    attribute: Column | None
    scorer: Any
    package: str

    @property
    def judging(self) -> Judging:
        return judging_of(self.contract)

    def tried(self, rows: pd.DataFrame) -> Tried:
        """Return what became of the candidate on these rows."""
        contract, name = self.contract, self.candidate.name
        X, y = model_frame(rows, contract), outcome(rows, contract)
        mitigation = self.policy.mitigation
        beside = fit_groups(rows, mitigation, self.attribute)
        beside |= row_weights(rows, contract, self.candidate, mitigation)
        with threadpool_limits(1):
            count, fitted = self._fit(X, y, beside)
            require_complete(self.candidate, fitted, self.judging)
            guarded(name, lambda: self.judging.ask(fitted, X), doing="asked")
            guarded(name, lambda: self.scorer(fitted, X, y), doing="scored")
            return Tried(name, count, *_asked(fitted, X, contract, self.package, self.candidate.export))

    def _fit(self, X: pd.DataFrame, y: np.ndarray, beside: Mapping[str, np.ndarray]) -> tuple[int, Any]:
        """Return how many settings were fitted, and what the first of them gave."""
        step = "model__" if isinstance(self.whole, Pipeline) else "estimator__model__"
        fitted: list[Any] = []
        began = time.perf_counter()
        for setting in settings_of(self.candidate):
            if fitted and time.perf_counter() - began > SECONDS:
                break
            model = clone(self.whole)

            def fit(model: Any = model, setting: Mapping[str, Any] = setting) -> Any:
                model.set_params(
                    **{f"{step}{name}": clone(value, safe=False) for name, value in setting.items()}
                )
                return model.fit(X, y, **beside)

            try:
                fitted.append(guarded(self.candidate.name, fit))
            except ProjectError as error:
                names = ", ".join(f"{name}={value!r}" for name, value in setting.items())
                raise ProjectError(
                    error.what, value=names[:300] or None, next_step=error.next_step
                ) from error
        return len(fitted), fitted[0]


def _asked(
    fitted: Any, X: pd.DataFrame, contract: Contract, package: str, export: Export
) -> tuple[str, int, bool]:
    """Return what a fitted model would run as, its bytes, and whether code travels with it.

    It has answered the edges of the contract then.
    """
    judging = judging_of(contract)
    answers = judging.ask(fitted, X.iloc[:1])
    answered(lambda given: judging.ask(fitted, given), edges(X, contract), X.iloc[:1])
    reasons: list[str] = []
    for name, exporter in plugins("exporters").items():
        try:
            form, classes = exporter(), answers.classes
            size = form.check(fitted, contract, X.iloc[:2], classes=classes, package=package, export=export)
        except ConversionError as error:
            reasons += [str(error)] if str(error) else []
        else:
            return (f"{name} ({'; '.join(reasons)})" if reasons else name), size, form.code
    raise ExportError(f"It has no form: {'; '.join(reasons)}.", next_step="choose another estimator")


def settings_of(candidate: Candidate) -> list[dict[str, Any]]:
    """Return settings in which every listed value of the search comes up once, and two of each distribution."""
    draws = {
        name: list(values) if isinstance(values, list | tuple) else _drawn(values)
        for name, values in candidate.search.items()
    }
    longest = max(map(len, draws.values()), default=1)
    return [{name: values[place % len(values)] for name, values in draws.items()} for place in range(longest)]


def _drawn(distribution: Any) -> list[Any]:
    return [distribution.rvs(random_state=seed) for seed in (SEED, SEED + 1)]
