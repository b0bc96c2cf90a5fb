"""Search: the best settings of a candidate, by seeded cross-validation on the cuts that all candidates share."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import pandas as pd
from joblib import parallel_config  # type: ignore[import-untyped]
from sklearn.base import clone
from sklearn.experimental import enable_halving_search_cv  # noqa: F401 - imports HalvingRandomSearchCV into its place
from sklearn.model_selection import HalvingRandomSearchCV, RandomizedSearchCV
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from trunkline.core.lineage import Trial
from trunkline.core.policy.training import Search
from trunkline.core.raised import asking

from .candidate import Candidate
from .cluster import Cluster
from .folds import Cut
from .settings import as_json


def tries(candidate: Candidate, search: Search) -> int:
    """Return how many settings of a candidate are tried."""
    if any(not isinstance(values, list | tuple) for values in candidate.search.values()):
        return search.iterations
    size = math.prod(len(values) for values in candidate.search.values())
    return min(search.iterations, size)


def search(
    candidate: Candidate,
    pipeline: Any,
    X: pd.DataFrame,
    y: np.ndarray,
    beside: Mapping[str, np.ndarray],
    scorer: Any,
    cuts: list[Cut],
    rules: Search,
    there: Cluster | None = None,
) -> tuple[dict[str, Any], Trial]:
    """Return the best settings of a candidate's unfitted pipeline, and how it did on the cuts.

    `beside` is what the fit gets beside rows and outcomes, one value a row. The fits run `there`, by default here.
    Raises ProjectError when its code raises, and what a cluster raises.
    """
    step = "model__" if isinstance(pipeline, Pipeline) else "estimator__model__"
    space = {
        f"{step}{name}": list(values) if isinstance(values, tuple) else values
        for name, values in candidate.search.items()
    }
    number = tries(candidate, rules)
    halving = rules.method == "halving" and number > 1
    kind = HalvingRandomSearchCV if halving else RandomizedSearchCV
    # from so few rows on that the last settings are compared on all of them
    more = {"n_candidates": number, "min_resources": "exhaust"} if halving else {"n_iter": number}
    seeking = kind(
        pipeline,
        space,
        **more,
        scoring=scorer,
        n_jobs=there.threads if there else rules.jobs,
        refit=False,
        cv=cuts,
        random_state=rules.seed,
        error_score="raise",
    )
    began = time.perf_counter()
    # one thread a process: sums in another order differ in their last digits, and OpenMP's threads, which wait
    # for one another awake, take many times as long on a busy machine
    # (with one process no backend is named: a forest's own threads would become processes)
    several: AbstractContextManager[object]
    if there:
        several = there.fits(X=X, y=y, **beside)
    else:
        several = nullcontext() if rules.jobs == 1 else parallel_config("loky", inner_max_num_threads=1)
    with threadpool_limits(1), several:
        guarded(candidate.name, lambda: seeking.fit(X, y, **beside))
    means = np.round(seeking.cv_results_["mean_test_score"], 9)
    if halving:  # scores on few rows are not compared with those on all
        last = seeking.cv_results_["iter"] == max(seeking.cv_results_["iter"])
        means = np.where(last, means, -np.inf)
    place = int(np.argmax(means))
    found = dict(seeking.cv_results_["params"][place])
    trial = Trial(
        candidate=candidate.name,
        score=float(seeking.cv_results_["mean_test_score"][place]),
        spread=float(seeking.cv_results_["std_test_score"][place]),
        settings={name.removeprefix(step): as_json(value) for name, value in sorted(found.items())},
        seconds=round(time.perf_counter() - began, 3),
    )
    return {name: clone(value, safe=False) for name, value in found.items()}, trial


def guarded(name: str, act: Callable[[], Any], *, doing: str = "fitted") -> Any:
    """Return what `act` gives for the candidate `name`; what its code raises leaves as ProjectError."""
    with asking(
        f"The candidate {name} cannot be {doing}:",
        "look at features() in features.py and at the candidate in model.py",
    ):
        return act()
