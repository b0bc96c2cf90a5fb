"""Classes as answers: what training and gates ask, with the training stack at hand."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import is_regressor
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from trunkline.core.contract import Contract, as_label
from trunkline.core.decision import Decision
from trunkline.core.errors import DataError, ProjectError
from trunkline.inputs import input_of
from trunkline.measure.paired import Array

from ..answers import Answers, objects
from ..estimators import Estimators, transformed
from ..first_steps import FirstSteps
from .answers import decided

ALIKE = frozenset(
    f"sklearn.{name}"
    for name in (
        "CalibratedClassifierCV",
        "DecisionTreeClassifier",
        "ExtraTreesClassifier",
        "GradientBoostingClassifier",
        "HistGradientBoostingClassifier",
        "LogisticRegression",
        "MLPClassifier",
        "RandomForestClassifier",
    )
)
"""Estimators whose `predict` answers the likeliest class, so that asking them once is enough."""
CLEAR = 1e-6


class ClassificationJudging(Estimators):
    """A classification's estimators and outcomes."""

    def truth(self, values: Any, contract: Contract) -> Array:
        """Return labels as an object array of `str`, as `true` and, of codes, `1`."""
        return objects(as_label(value) for value in values.astype(object))

    def outcome(self, values: Any, contract: Contract) -> Array:
        """Return labels as an object array of `str` ("true" and "false" of booleans), codes as int64."""
        if input_of(contract.outcome).stored == "int64":
            return np.asarray(values.to_numpy(dtype=np.int64))
        return objects(as_label(value) for value in values.tolist())

    def require_learnable(self, y: Array, contract: Contract, *, folds: int) -> None:
        """Raise DataError unless there are two classes, and rows of each in every fold."""
        name = contract.outcome.name
        labels, counts = np.unique(y.astype(str), return_counts=True)
        if len(labels) < 2:
            raise DataError(
                f"The outcome {name} has one class only.",
                value=labels.tolist(),
                next_step="widen data.window in trunkline.yaml, or look at what data.py loads",
            )
        if counts.min() < folds:
            rare = str(labels[counts.argmin()])
            raise DataError(
                f"The outcome {name} is {rare!r} in {counts.min()} rows, and {folds} folds need one each.",
                value=rare,
                next_step="take more rows, or lower training.search.folds",
            )

    def folds(self, *, grouped: bool) -> Any:
        """Return folds that shuffle within the classes."""
        return StratifiedGroupKFold if grouped else StratifiedKFold

    def refuse(self, estimator: Any, contract: Contract, *, candidate: str) -> None:
        """Raise ProjectError for a regressor."""
        if is_regressor(estimator):
            raise ProjectError(
                f"Candidate {candidate}: {type(estimator).__name__} answers numbers, and the outcome "
                f"{contract.outcome.name} has classes.",
                next_step="offer a classifier in model.py, or make the outcome a number without isin in contract.py",
            )

    def complete(self, model: Any) -> bool:
        """Return whether it gives probabilities."""
        return hasattr(model, "predict_proba")

    def classes(self, model: Any, contract: Contract, *, candidate: str) -> tuple[str, ...]:
        """Return `classes_`. Raises ProjectError where it names none, or other ones than the outcome has."""
        outcome = contract.outcome
        classes = _classes(model)
        strange = [label for label in classes if label not in outcome.categories]
        if strange or not classes or (contract.positive and contract.positive not in classes):
            answered = f"answers {', '.join(classes)}" if classes else "has no classes_"
            raise ProjectError(
                f"The candidate {candidate} {answered}, and the outcome {outcome.name} is "
                f"{', '.join(outcome.categories)}.",
                value=strange or list(classes),
                next_step="a model that was trained elsewhere must answer the contract's classes: name them in its "
                "classes_ in model.py, or write its own in isin in contract.py",
            )
        return classes

    def ask(self, model: Any, rows: Any, *, decision: Decision | None = None) -> Answers:
        """Return labels as `str` objects and the probabilities, if the model gives them; a threshold decides anew."""
        classes = _classes(model)
        if not len(rows):
            return Answers(np.empty(0, dtype=object), np.empty((0, len(classes))), classes)
        model, rows = transformed(model, rows)
        if not self.complete(model):
            return Answers(_labels(model, rows), classes=classes)
        chances = np.asarray(model.predict_proba(rows), dtype=np.float64)
        if decision is not None:
            return decided(Answers(np.empty(len(chances), dtype=object), chances, classes), decision)
        likeliest = _likeliest(model, chances, classes)
        return Answers(_labels(model, rows) if likeliest is None else likeliest, chances, classes)

    def first_steps(self, contract: Contract) -> FirstSteps:
        """Return what fits two classes, or more."""
        return FirstSteps(
            metric="roc_auc" if len(contract.outcome.categories) <= 2 else "balanced_accuracy",
            split="stratified",
            linear="LogisticRegression(max_iter=2000)",
            strength="C",
            boosted="HistGradientBoostingClassifier",
        )

    def export_options(self, model: Any) -> dict[Any, Any]:
        """Return that probabilities are one tensor."""
        return {id(model): {"zipmap": False}}


def _labels(model: Any, rows: Any) -> Array:
    return objects(str(label) for label in np.ravel(model.predict(rows)))


def _likeliest(model: Any, chances: Array, classes: tuple[str, ...]) -> Array | None:
    """Return the likeliest classes where `predict` is known to say the same; None where it must be asked."""
    if (
        chances.shape[1] < 2
        or f"{type(model).__module__.partition('.')[0]}.{type(model).__name__}" not in ALIKE
    ):
        return None
    # A tie is broken by each estimator in its own way, and by one that compares before it rounds in another.
    two = np.partition(chances, -2, axis=1)[:, -2:]
    if not (two[:, 1] - two[:, 0] > CLEAR).all():
        return None
    return objects(classes[place] for place in chances.argmax(axis=1))


def _classes(model: Any) -> tuple[str, ...]:
    return tuple(str(label) for label in getattr(model, "classes_", ()))
