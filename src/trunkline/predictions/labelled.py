"""Labelled answers: what was answered, joined to what really happened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from trunkline.core.contract import Contract, as_label
from trunkline.measure.paired import Paired, pair
from trunkline.measure.users import numbered

from .ground_truth import outcome_of
from .records import GroundTruth, Prediction


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
    truth: Mapping[str, GroundTruth],
    contract: Contract,
    *,
    bundle: str = "",
    newest: int | None = None,
) -> Labelled:
    """Return the answers whose outcome is known, those of one bundle where `bundle` names its digest.

    A shadow takes the truth of the answer that the user got. Raises DataError when an outcome breaks the
    contract: a spelling that differs would look like a model that has become worse.
    """
    known = [
        answer
        for answer in answers
        if bundle in ("", answer.bundle) and (answer.answered or answer.id) in truth
    ]
    known.sort(key=lambda answer: answer.time)
    known = known if newest is None else known[-newest:]
    times = tuple(answer.time for answer in known)
    outcomes = [outcome_of(truth[answer.answered or answer.id], contract) for answer in known]
    users = numbered([answer.user or None for answer in known])
    if contract.task == "regression":
        said = np.array([float(answer.outputs["prediction"]) for answer in known], dtype=float)
        return Labelled(times, pair(np.array(outcomes, dtype=float), said, None, contract, users=users))
    given = [answer.outputs.get("probabilities") or {} for answer in known]
    classes = tuple(sorted({name for probabilities in given for name in probabilities}))
    rows = [[float(probabilities.get(name, 0.0)) for name in classes] for probabilities in given]
    paired = pair(
        np.array([as_label(outcome) for outcome in outcomes], dtype=object),
        np.array([as_label(answer.outputs["prediction"]) for answer in known], dtype=object),
        np.array(rows, dtype=float).reshape(len(known), len(classes)) if classes else None,
        contract,
        classes=classes,
        users=users,
    )
    return Labelled(times, paired)
