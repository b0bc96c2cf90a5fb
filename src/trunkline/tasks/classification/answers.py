"""Classes as answers: with numpy alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from trunkline.core.contract import Column, Contract, as_label
from trunkline.core.decision import Decision
from trunkline.core.errors import ContractError
from trunkline.inputs import Value, input_of
from trunkline.measure.paired import Array, Paired
from trunkline.measure.traits import Trait

from ..answers import Answers, Apart, floats, incomparable, objects
from ..losses import Losses
from ..single import Single
from ..task import Outputs, Watched
from .baseline import shares_as_answers
from .brier import losses_of_classes
from .pairing import classes_of, pair_classes, positive_of

STANDARD_OF_TWO = (
    "roc_auc",
    "average_precision",
    "accuracy",
    "balanced_accuracy",
    "precision",
    "recall",
    "f1",
    "neg_log_loss",
    "neg_brier_score",
)
STANDARD_OF_MANY = ("roc_auc_ovr", "accuracy", "balanced_accuracy", "f1_macro", "neg_log_loss")


class Classification(Single):
    """The answer is a class and the probability of each; its metrics, in numpy, are those of `measure.weighted`."""

    name = "classification"
    judging = "trunkline.tasks.classification.judging:ClassificationJudging"
    outcomes = "trunkline.tasks.classification.outcomes:Labels"
    tag = "tabular-classification"
    tensors = 2
    repeats = True
    grouped = ()
    unasked: frozenset[str] = frozenset()

    def schema(self, contract: Contract) -> dict[str, dict[str, Any]]:
        """Return the class in the outcome's own type, and the probability of each class by its name."""
        chance = {"type": "number", "minimum": 0, "maximum": 1}
        return {
            "prediction": _schema_of(contract.outcome),
            "probabilities": {"type": "object", "additionalProperties": chance},
        }

    def checked(
        self,
        raw: Sequence[Any],
        rows: int,
        *,
        classes: tuple[str, ...] = (),
        decision: Decision | None = None,
    ) -> Answers:
        """Return a label a row with a finite probability of each class; a threshold decides the label anew."""
        labels = objects(str(label) for label in np.asarray(raw[0], dtype=object).reshape(-1))
        scores = floats(raw[-1])
        if labels.shape != (rows,) or scores.shape != (rows, len(classes)) or not np.isfinite(scores).all():
            raise ValueError(f"{rows} labels with {len(classes)} probabilities each")
        return decided(Answers(labels, scores, classes), decision)

    def raw(self, answers: Answers) -> list[Any]:
        """Return labels and probabilities."""
        chances = None if answers.probabilities is None else answers.probabilities.tolist()
        return [answers.predictions.tolist(), chances]

    def outputs(self, answers: Answers, contract: Contract) -> list[dict[str, Any]]:
        """Return the class under `prediction`, and `probabilities` by class."""
        outcome = input_of(contract.outcome)
        labels = [outcome.label(label) for label in answers.predictions.tolist()]
        if answers.probabilities is None:
            return [{"prediction": label} for label in labels]
        return [
            {"prediction": label, "probabilities": dict(zip(answers.classes, scores, strict=True))}
            for label, scores in zip(labels, answers.probabilities.tolist(), strict=True)
        ]

    def answers(self, outputs: Sequence[Outputs], contract: Contract) -> Answers:
        """Return logged classes; a class that one answer gave no probability has 0 there, NaN if it gave none."""
        labels = objects(as_label(one["prediction"]) for one in outputs)
        given = [dict(one.get("probabilities") or {}) for one in outputs]
        classes = tuple(sorted({name for chances in given for name in chances}))
        if not classes:
            return Answers(labels)
        rows = [
            [float(chances.get(name, 0.0 if chances else np.nan)) for name in classes] for chances in given
        ]
        return Answers(labels, np.array(rows, dtype=np.float64), classes)

    def apart(self, expected: Answers, found: Answers, *, least: float | None = None) -> Apart:
        """Return where the label is another one, and the largest difference of a probability."""
        one, two, rows = expected.probabilities, found.probabilities, len(expected)
        if len(found) != rows or (one is None) != (two is None):
            return incomparable(rows)
        pairs = zip(expected.predictions, found.predictions, strict=True)
        other = np.array([str(mine) != str(theirs) for mine, theirs in pairs], dtype=bool)
        if one is None or two is None:
            return Apart(other, np.zeros(rows))
        if one.shape != two.shape or {*expected.classes} != {*found.classes}:
            return incomparable(rows)
        order = [found.classes.index(name) for name in expected.classes]
        with np.errstate(invalid="ignore"):
            distance = np.abs(one - two[:, order]).max(axis=1, initial=0.0)
        return Apart(other, np.where(np.isnan(distance), np.inf, distance))

    def truth(self, events: Mapping[str, Value], contract: Contract) -> Any:
        """Return the outcome as labels are written."""
        return as_label(events[""])

    def check(self, contract: Contract) -> None:
        """Raise ContractError unless there are classes, and of two the positive one is named."""
        outcome = contract.outcome
        if input_of(outcome).free:
            raise ContractError(
                f"{outcome.name}: an outcome in text needs its classes.",
                next_step="declare them with isin=[...]; for regression use int or float",
            )
        if len(classes_of(outcome)) == 2 and not positive_of(contract):
            raise ContractError(
                f"{outcome.name}: a two-class outcome needs `positive`: which of the two is it.",
                next_step="say trunkline.field(role='outcome', positive='...') in contract.py",
            )

    def traits(self, contract: Contract) -> frozenset[Trait]:
        """Return classes with probabilities; directed where one is positive."""
        held: set[Trait] = {"classes", "probabilities"}
        if positive_of(contract):
            held |= {"positive", "directed"}
        if len(classes_of(contract.outcome)) == 2:
            held.add("two classes")
        return frozenset(held)

    def sides(self, contract: Contract) -> tuple[str, str] | None:
        """Return both classes, where there are two."""
        classes, positive = classes_of(contract.outcome), positive_of(contract)
        if len(classes) != 2 or not positive:
            return None
        return next(name for name in classes if name != positive), positive

    pair = staticmethod(pair_classes)

    def standard(self, paired: Paired) -> tuple[str, ...]:
        """Return the usual metrics of two classes, or of many."""
        return STANDARD_OF_TWO if "two classes" in paired.traits else STANDARD_OF_MANY

    def sample(self, contract: Contract, *, classes: int = 0) -> Paired:
        """Return four rows a class, of which one is answered wrongly."""
        size = max(2, classes, len(contract.outcome.categories))
        truth = np.tile(np.arange(size), 4)
        chances = np.full((len(truth), size), 1 / (2 * size))
        chances[np.arange(len(truth)), truth] += 0.5
        labels = truth.copy()
        labels[:size] = np.roll(labels[:size], 1)
        names = tuple(map(str, range(size)))
        return Paired(truth, labels, chances, names, 1 if size == 2 else None, task=self.name)

    def ideal(self, paired: Paired) -> Paired:
        """Return the truth as answers, given for certain."""
        return replace(paired, labels=paired.truth, probabilities=np.eye(len(paired.classes))[paired.truth])

    def baseline(self, paired: Paired, train: Paired) -> Paired:
        """Return the most frequent class, with the shares of the classes as probabilities."""
        return shares_as_answers(paired, train)

    def rise(self, before: Paired, after: Paired, *, directed: bool) -> Array:
        """Return the difference of the positive class's probability, of labels 1 or -1; else 1 of another label."""
        place = before.positive
        if place is None or not (directed or "two classes" in before.traits):
            return np.asarray(after.labels != before.labels, dtype=np.float64)
        if before.score is None or after.score is None:
            towards = np.asarray(after.labels == place, dtype=np.float64)
            return np.asarray(towards - (before.labels == place))
        return np.asarray(after.score - before.score)

    def losses(self, paired: Paired, train: Paired | None) -> Losses:
        """Return Brier's score, or whether the label is wrong where there are no probabilities."""
        return losses_of_classes(paired, train or paired)

    def watched(self, answers: Answers, contract: Contract) -> Watched:
        """Return the labels, and the probability of the positive class; of the likeliest where there is none."""
        labels, names = list(answers.predictions), contract.outcome.categories
        if answers.probabilities is None:
            return Watched(labels, np.full(len(answers), np.nan), names)
        if contract.positive:
            missing = np.full(len(answers), np.nan)
            place = answers.classes.index(contract.positive) if contract.positive in answers.classes else None
            return Watched(labels, missing if place is None else answers.probabilities[:, place], names)
        return Watched(labels, answers.probabilities.max(axis=1), names)


def decided(answers: Answers, decision: Decision | None) -> Answers:
    """Return answers with the labels that a threshold makes of their probabilities, as every runtime does.

    Raises ValueError when the classes are not two, or the positive one is none of them.
    """
    if decision is None or answers.probabilities is None:
        return answers
    classes, positive = answers.classes, decision.positive
    if len(classes) != 2 or positive not in classes:
        raise ValueError(f"the two classes that its threshold for {positive} asks for: {', '.join(classes)}")
    scores = answers.probabilities[:, classes.index(positive)].tolist()
    return replace(answers, predictions=objects(decision.labels(scores, classes)))


def _schema_of(outcome: Column) -> dict[str, Any]:
    held = input_of(outcome)
    if held.stored == "bool":
        return {"type": "boolean"}
    labels = [held.label(name) for name in classes_of(outcome)]
    return {"type": "integer" if held.stored == "int64" else "string", "enum": labels}
