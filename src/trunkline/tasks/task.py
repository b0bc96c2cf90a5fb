"""What every task knows: of its answers with numpy alone, of training with the training stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from trunkline.core.contract import Contract
from trunkline.core.decision import Decision
from trunkline.inputs import Value
from trunkline.measure.own_metric import OwnMetric
from trunkline.measure.paired import Array, Paired
from trunkline.measure.traits import Trait
from trunkline.measure.users import Users

from .answers import Answers, Apart
from .first_steps import FirstSteps
from .losses import Losses

Outputs = Mapping[str, Any]
"""One answer as the API gives it and the log keeps it: JSON values by the names of `Task.fields`."""


@dataclass(frozen=True)
class Watched:
    """What the profile of a data window counts of n answers."""

    labels: Sequence[Any] | None
    """A category of each answer; None where there is none."""
    scores: NDArray[np.float64]
    """A number of each answer, NaN where it has none; shape (n,)."""
    categories: tuple[str, ...] = ()
    """The categories that the contract names."""
    parts: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    """More numbers of each answer, by what they are, NaN where it has none: how many boxes of a class there are."""


class Task(Protocol):
    """A kind of answer. Its module imports nothing heavier than numpy: services and monitors ask it."""

    name: str
    judging: str
    """Where its `Judging` is, as module:class."""
    outcomes: str
    """Where its `Outcomes` are, as module:class."""
    tag: str
    """What the card calls it at Hugging Face; empty where that has no such name."""
    fields: tuple[str, ...]
    """The fields of an answer."""
    tensors: int
    """How many tensors an ONNX model of it gives."""
    repeats: bool
    """Whether two models can give the same answer, so that their agreement is a share; numbers only lie near."""
    silence: bool
    """Whether an answer that nothing was recorded of, after a while, was right or wrong about something: no click."""
    metrics: Mapping[str, OwnMetric]
    """Metrics of its own: one value a row, of which the mean counts, or a number for all. Those of `measure` need no
    entry."""
    grouped: tuple[str, ...]
    """Those of them, one value a row, that are measured of each group of people, the most telling first."""
    unasked: frozenset[str]
    """Gates, and rooms of gates, that mean nothing for its answers; all others are asked."""

    def schema(self, contract: Contract) -> dict[str, dict[str, Any]]:
        """Return the JSON Schema of each field of an answer."""

    def checked(
        self,
        raw: Sequence[Any],
        rows: int,
        *,
        classes: tuple[str, ...] = (),
        decision: Decision | None = None,
    ) -> Answers:
        """Return raw outputs of a model as the answers to `rows` rows.

        Raises ValueError, which says what the model did not give.
        """

    def raw(self, answers: Answers) -> list[Any]:
        """Return answers as the raw outputs of which `checked` makes them, in JSON types."""

    def outputs(self, answers: Answers, contract: Contract) -> list[dict[str, Any]]:
        """Return each answer as the API gives it and the log keeps it."""

    def answers(self, outputs: Sequence[Outputs], contract: Contract) -> Answers:
        """Return logged answers as a model gave them.

        Raises ValueError, KeyError, TypeError or AttributeError when one is no answer of this kind.
        """

    def apart(self, expected: Answers, found: Answers, *, least: float | None = None) -> Apart:
        """Return how far two models' answers to the same rows lie apart: for parity, rehearsal and agreement.

        Where answers are amounts, those under `least` are measured against it, by default against a thousandth of the
        largest.
        """

    def event(self, item: str, value: object, contract: Contract) -> Value:
        """Return the value of one ground-truth event in its own type; `item` names what in the answer it is about.

        Raises ValueError, which says what is wrong with it.
        """

    def truth(self, events: Mapping[str, Value], contract: Contract) -> Any:
        """Return what really happened, from the latest event of each item; "" stands for the whole answer."""

    def check(self, contract: Contract) -> None:
        """Raise ContractError unless the outcome is one of this task."""

    def traits(self, contract: Contract) -> frozenset[Trait]:
        """Return what its answers hold."""

    def sides(self, contract: Contract) -> tuple[str, str] | None:
        """Return the negative and the positive answer between which a threshold decides; None where none does."""

    def pair(
        self,
        truth: Array,
        answers: Answers,
        contract: Contract,
        *,
        known: Sequence[str] = (),
        users: Users | None = None,
    ) -> Paired:
        """Return truth, one value a row, and the answers to it in the form that metrics take.

        `known` are classes to count with though neither holds them. Raises DataError when the two do not fit.
        """

    def standard(self, paired: Paired) -> tuple[str, ...]:
        """Return the metrics that are measured of every model; the first is the default."""

    def sample(self, contract: Contract, *, classes: int = 0) -> Paired:
        """Return made-up rows on which every metric that fits has a value.

        `classes` is the number of outcomes where the contract does not list them.
        """

    def ideal(self, paired: Paired) -> Paired:
        """Return the same rows, answered as well as can be."""

    def baseline(self, paired: Paired, train: Paired) -> Paired:
        """Return the answers, to the rows of `paired`, of a model that knows only the outcomes of `train`."""

    def rise(self, before: Paired, after: Paired, *, directed: bool) -> Array:
        """Return by how much each answer rises; where that is not `directed`, 1 of an answer that is another one.

        Answers without an order count as another one, or by the largest difference of a number.
        """

    def losses(self, paired: Paired, train: Paired | None) -> Losses:
        """Return the losses of the rows; the baseline knows the outcomes of `train`, else of the rows."""

    def watched(self, answers: Answers, contract: Contract) -> Watched:
        """Return what a profile counts of answers."""

    def kinds(self, paired: Paired) -> Mapping[str, Paired]:
        """Return the same rows with one kind of answer alone, where there are kinds that are judged by themselves."""


class Judging(Protocol):
    """What a task knows with the training stack at hand."""

    def rows(self, frame: Any, contract: Contract) -> Any:
        """Return rows of a snapshot as they are answered: one row an answer, what really happened as its outcome."""

    def truth(self, values: Any, contract: Contract) -> Array:
        """Return a frame's column of outcomes, of which none is null, as answers are written; shape (n,)."""

    def outcome(self, values: Any, contract: Contract) -> Array:
        """Return the same as estimators are fitted on it."""

    def require_learnable(self, y: Array, contract: Contract, *, folds: int) -> None:
        """Raise DataError when no model can learn these outcomes in so many folds."""

    def folds(self, *, grouped: bool) -> Any:
        """Return the class of scikit-learn's splitter that cuts rows, or groups of them, for this task."""

    def refuse(self, estimator: Any, contract: Contract, *, candidate: str) -> None:
        """Raise ProjectError when an estimator gives another kind of answers."""

    def complete(self, model: Any) -> bool:
        """Return whether a model gives all that an answer holds; an unfitted one may not know yet."""

    def classes(self, model: Any, contract: Contract, *, candidate: str) -> tuple[str, ...]:
        """Return the classes of a fitted model in the order of its probabilities; empty where it has none.

        Raises ProjectError when they are not the contract's.
        """

    def ask(self, model: Any, rows: Any, *, decision: Decision | None = None) -> Answers:
        """Return what a fitted model answers to a model frame, which may be empty."""

    def first_steps(self, contract: Contract) -> FirstSteps:
        """Return what a project begins with. Raises ProjectError where nobody can tell."""

    def export_options(self, model: Any) -> dict[Any, Any]:
        """Return the options with which skl2onnx converts a model."""

    def examples(self, frame: Any, paired: Paired, contract: Contract) -> Mapping[str, bytes]:
        """Return pictures of some answers for the card, by name, as SVG; none where rows show nothing."""
