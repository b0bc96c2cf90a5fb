"""Labelled answers: what was answered, joined to what really happened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import numpy as np

from trunkline.core.contract import Contract
from trunkline.core.errors import DataError
from trunkline.inputs import Value
from trunkline.measure.paired import Array, Paired
from trunkline.measure.users import Users, numbered

from .ground_truth import Outcome, value_of
from .records import GroundTruth, Prediction

Truths = Mapping[str, Sequence[GroundTruth]]
"""What really happened, by the answer's id: its outcome, or the latest event of each of its items."""


class Pairing(Outcome, Protocol):
    """What of a task pairs logged answers with their truth."""

    def answers(self, outputs: Sequence[Mapping[str, Any]], contract: Contract) -> Any:
        """Return logged answers as a model gave them."""

    def truth(self, events: Mapping[str, Value], contract: Contract) -> Any:
        """Return what really happened of one answer, from the event of each item."""

    def pair(self, truth: Array, answers: Any, contract: Contract, *, users: Users | None = None) -> Paired:
        """Return truth, one value a row, paired with the answers to it."""


def logged_answers(answers: Sequence[Prediction], contract: Contract, task: Pairing) -> Any:
    """Return logged answers as a model gave them.

    Raises DataError when one of them is no answer of the task.
    """
    try:
        return task.answers([answer.outputs for answer in answers], contract)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"The prediction log holds what is no answer of a {contract.task}: {type(error).__name__}, {error}.",
            next_step="look which program wrote it, and take its lines out of the log",
        ) from error


@dataclass(frozen=True)
class Labelled:
    """Answers whose outcome is known, oldest first: when each was given, and the outcome paired with it."""

    times: tuple[datetime, ...]
    paired: Paired

    def __len__(self) -> int:
        return len(self.times)

    def rows(self, first: int, last: int) -> Labelled:
        """Return the rows from `first` up to, not including, `last`."""
        return Labelled(self.times[first:last], self.paired.take(np.arange(len(self))[first:last]))


def label_answers(
    answers: Iterable[Prediction],
    truth: Truths,
    contract: Contract,
    task: Pairing,
    *,
    bundle: str = "",
    newest: int | None = None,
    before: datetime | None = None,
) -> Labelled:
    """Return the answers of a task whose outcome is known, those of one bundle where `bundle` names its digest.

    A silent answer takes the truth of the answer that the user got. Where silence says something too, the outcome is
    known of what was answered `before` a time. Raises DataError when an outcome breaks the
    contract: a spelling that differs would look like a model that has become worse.
    """
    known = [
        answer
        for answer in answers
        if bundle in ("", answer.bundle)
        and ((answer.answered or answer.id) in truth if before is None else answer.time < before)
    ]
    known.sort(key=lambda answer: answer.time)
    known = known if newest is None else known[-newest:]
    happened = np.empty(len(known), dtype=object)
    for place, answer in enumerate(known):
        events = truth.get(answer.answered or answer.id, ())
        values = {event.item: value_of(event, task, contract) for event in events}
        happened[place] = task.truth(values, contract)
    said = logged_answers(known, contract, task)
    users = numbered([answer.user or None for answer in known])
    paired = task.pair(happened, said, contract, users=users)
    return Labelled(tuple(answer.time for answer in known), paired)
