"""The metric of the search: the same that gates and monitors compute, asked of the answers of a fitted estimator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from trunkline.core.contract import Contract
from trunkline.core.errors import DataError, ProjectError
from trunkline.measure.metrics import Metric as Measure
from trunkline.measure.metrics import row_metrics
from trunkline.measure.scorers import asks_chances, find_metric
from trunkline.tasks import judging_of, task_of
from trunkline.tasks.metric_names import check_fit, check_known

KEY = "training.search.metric"
Metric = Callable[..., float]


@dataclass(frozen=True)
class FoldScorer:
    """A metric as scikit-learn's search asks it: of an estimator, a model frame and its outcome; higher is better.

    Raises DataError when the rows of a fold cannot be scored, as where a class is missing from what was learned, and
    ProjectError when the project's metric raises or the model does not know the positive outcome.
    """

    metric: Measure
    contract: Contract
    of_chances: bool = False
    """Whether it means nothing where a class was not learned, and so has no probability."""

    def __call__(self, estimator: Any, X: Any, y: Any) -> float:
        answers = judging_of(self.contract).ask(estimator, X)
        classes = answers.classes
        if {self.contract.positive} - {"", *classes}:
            raise ProjectError(
                f"The model answers {', '.join(classes)}, and not the contract's positive outcome "
                f"{self.contract.positive}.",
                next_step="name the contract's classes in the estimator's classes_ in model.py",
            )
        paired = task_of(self.contract).pair(y, answers, self.contract)
        unlearned = {*map(str, y)} - {*classes} if self.of_chances else set()
        value = float("nan") if unlearned else self.metric.value(paired)
        if np.isfinite(value):
            return value
        held = (
            f": classes {', '.join(sorted(classes))} were learned, {_listed(y)} are scored" if classes else ""
        )
        raise DataError(
            f"{KEY}: {self.metric.name} has no value on a fold of {len(y)} rows{held}.",
            next_step="use a metric such as accuracy, lower training.search.folds, or take more rows",
        )


def search_scorer(name: str, contract: Contract, metrics: Mapping[str, Metric], y: np.ndarray) -> FoldScorer:
    """Return the scorer that `name` means for this contract.

    Raises PolicyError that names `training.search.metric` when there is no such metric or it does not fit the outcome
    `y`.
    """
    own = {**row_metrics(task_of(contract).metrics), **metrics}
    check_known(KEY, name, own)
    check_fit(KEY, name, own, contract, classes=len(set(map(str, y))))
    return FoldScorer(find_metric(name, own), contract, name not in own and asks_chances(name))


def _listed(labels: Any) -> str:
    return ", ".join(sorted({str(label) for label in labels}))
