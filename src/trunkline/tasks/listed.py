"""Lists as answers, such as the best items or the boxes in a picture: what all tasks of this form share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from trunkline.core.contract import Contract, Role
from trunkline.core.decision import Decision
from trunkline.core.errors import ContractError
from trunkline.inputs import Value
from trunkline.measure.own_metric import OwnMetric
from trunkline.measure.paired import Array, Paired
from trunkline.measure.traits import Trait
from trunkline.measure.users import Users

from .answers import Answers, Apart, incomparable, objects
from .losses import Losses
from .outcome import outcome_value, require_answers
from .task import Outputs, Watched

Part = dict[str, Any]
"""One entry of a list, by the names of `Listed.parts`."""
Truth = Mapping[str, Value]
"""What really happened of one answer: the latest value of each item."""


class Listed(ABC):
    """The answer is a list; a model gives each part of its entries as one output, a list (or row) for every row.

    A subclass names the task, the parts and metrics from 0 to 1, of which the first is the default.
    """

    name: str
    judging: str = "trunkline.tasks.listed_judging:ListedJudging"
    outcomes: str = "trunkline.tasks.listed_judging:Events"
    tag: str = ""
    parts: Mapping[str, Mapping[str, Any]]
    """The JSON Schema of each part of an entry; the first says what it is, `score` how sure the model is."""
    fields: tuple[str, ...] = ("prediction",)
    repeats = True
    silence = False
    metrics: Mapping[str, OwnMetric]
    """From 0 to 1."""
    graded: str = ""
    """The metric that losses are of, which gives one value a row; by default the first."""
    grouped: tuple[str, ...] = ()
    unasked = frozenset(
        {
            *("data/classes", "data/conflicts", "data/label-shift", "data/leakage", "data/time-leakage"),
            *("deepchecks/{suite}", "fairness", "performance/calibration", "performance/class-recall"),
        }
    )

    @property
    def tensors(self) -> int:
        """Return one a part."""
        return len(self.parts)

    @abstractmethod
    def perfect(self, truth: Truth) -> list[Part]:
        """Return the best answer to one row."""

    @abstractmethod
    def blind(self, truths: Sequence[Truth]) -> list[Part]:
        """Return the answer of a model that knows only what happened, and no inputs."""

    @abstractmethod
    def example(self) -> tuple[list[Truth], list[list[Part]]]:
        """Return what happened in some rows, and answers to them that are not all perfect."""

    def schema(self, contract: Contract) -> dict[str, dict[str, Any]]:
        """Return a list of entries."""
        entry = {"type": "object", "properties": dict(self.parts), "required": list(self.parts)}
        return {"prediction": {"type": "array", "items": entry}}

    def checked(
        self,
        raw: Sequence[Any],
        rows: int,
        *,
        classes: tuple[str, ...] = (),
        decision: Decision | None = None,
    ) -> Answers:
        """Return the entries of each row."""
        outputs = [[np.asarray(row).tolist() for row in output] for output in raw]
        if len(outputs) != len(self.parts) or any(len(output) != rows for output in outputs):
            raise ValueError(f"{rows} lists of {', '.join(self.parts)}")
        try:
            lists = [
                [dict(zip(self.parts, entry, strict=True)) for entry in zip(*row, strict=True)]
                for row in zip(*outputs, strict=True)
            ]
        except (ValueError, TypeError) as error:
            raise ValueError(f"{rows} lists of {', '.join(self.parts)}, of one length each") from error
        if not all(np.isfinite(_numbers(entry)).all() for entries in lists for entry in entries):
            raise ValueError(f"{rows} lists of finite numbers")
        return Answers(objects(lists))

    def raw(self, answers: Answers) -> list[Any]:
        """Return each part of the entries. Raises ValueError where an entry lacks one."""
        try:
            return [[[entry[part] for entry in row] for row in answers.predictions] for part in self.parts]
        except (KeyError, TypeError, IndexError) as error:
            raise ValueError(f"lists of {', '.join(self.parts)}") from error

    def outputs(self, answers: Answers, contract: Contract) -> list[dict[str, Any]]:
        """Return each list under `prediction`."""
        return [{"prediction": entries} for entries in answers.predictions]

    def answers(self, outputs: Sequence[Outputs], contract: Contract) -> Answers:
        """Return logged lists."""
        return Answers(objects([dict(entry) for entry in one["prediction"]] for one in outputs))

    def apart(self, expected: Answers, found: Answers, *, least: float | None = None) -> Apart:
        """Return where the entries are others, or in another order, and the largest difference of a number."""
        if len(expected) != len(found):
            return incomparable(len(expected))
        key = next(iter(self.parts))
        other, distance = [], []
        for mine, theirs in zip(expected.predictions, found.predictions, strict=True):
            other.append([entry[key] for entry in mine] != [entry[key] for entry in theirs])
            one, two = (np.array([n for entry in side for n in _numbers(entry)]) for side in (mine, theirs))
            alike = one.shape == two.shape
            distance.append(np.abs(one - two).max(initial=0.0) if alike else np.inf)
        return Apart(np.array(other, dtype=bool), np.array(distance, dtype=np.float64))

    def event(self, item: str, value: object, contract: Contract) -> Value:
        """Return what happened of one item, in the type of the outcome."""
        if not item:
            raise ValueError(f"it names no item, and a {contract.task} is judged by its items")
        return outcome_value(value, contract)

    def truth(self, events: Mapping[str, Value], contract: Contract) -> Any:
        """Return the value of each item."""
        return dict(events)

    def check(self, contract: Contract) -> None:
        """Raise ContractError unless rows say which answer, and what in it, they are about."""
        for role in (Role.KEY, Role.ITEM):
            if contract.of_role(role) is None:
                raise ContractError(
                    f"{contract.outcome.name}: no column has the role {role.value!r}, and the answers of a "
                    f"{self.name} are lists.",
                    next_step="rows with one key are one answer; `item` names what in it an outcome is about",
                )

    def traits(self, contract: Contract) -> frozenset[Trait]:
        """Return nothing that a single value has."""
        return frozenset()

    def sides(self, contract: Contract) -> tuple[str, str] | None:
        """Return None."""
        return None

    def pair(
        self,
        truth: Array,
        answers: Answers,
        contract: Contract,
        *,
        known: Sequence[str] = (),
        users: Users | None = None,
    ) -> Paired:
        """Return both as they are, one object a row."""
        require_answers(len(truth), len(answers))
        return Paired(truth, answers.predictions, None, users=users, task=self.name)

    def standard(self, paired: Paired) -> tuple[str, ...]:
        """Return its own metrics."""
        return tuple(self.metrics)

    def sample(self, contract: Contract, *, classes: int = 0) -> Paired:
        """Return the example."""
        truths, lists = self.example()
        return Paired(objects(truths), objects(lists), None, task=self.name)

    def ideal(self, paired: Paired) -> Paired:
        """Return the best answer to each row."""
        return replace(paired, labels=objects(self.perfect(truth) for truth in paired.truth))

    def baseline(self, paired: Paired, train: Paired) -> Paired:
        """Return one and the same answer to each row."""
        blind = self.blind(list(train.truth))
        return replace(paired, labels=objects(blind for _ in range(paired.rows)))

    def rise(self, before: Paired, after: Paired, *, directed: bool) -> Array:
        """Return 1 where the entries or their order are others, else the largest difference of a number."""
        apart = self.apart(Answers(before.labels), Answers(after.labels))
        return np.where(apart.other | np.isinf(apart.distance), 1.0, apart.distance)

    def losses(self, paired: Paired, train: Paired | None) -> Losses:
        """Return what each answer lacks of the best by the default metric."""
        name = self.graded or next(iter(self.metrics))
        metric = self.metrics[name]
        sides = (paired, self.baseline(paired, train or paired))
        model, flat = (1 - np.asarray(metric(side), dtype=np.float64) for side in sides)
        return Losses(f"1 - {name}", model, flat, model, False, paired.users)

    def watched(self, answers: Answers, contract: Contract) -> Watched:
        """Return the first entry of each list, and its score; null and NaN where the list is empty."""
        key = next(iter(self.parts))
        first = [entries[0] if entries else {} for entries in answers.predictions]
        scores = np.array([float(entry.get("score", np.nan)) for entry in first], dtype=np.float64)
        return Watched([entry.get(key) for entry in first], scores)

    def kinds(self, paired: Paired) -> Mapping[str, Paired]:
        """Return none."""
        return {}


def _numbers(entry: Part) -> list[float]:
    """Return the numbers of an entry, also those in lists, in order."""
    found: list[float] = []
    for value in entry.values():
        listed = value if isinstance(value, list | tuple) else [value]
        found += [float(each) for each in listed if isinstance(each, int | float)]
    return found
