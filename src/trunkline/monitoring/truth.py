"""Ground truth: what really happened, joined to what was answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trunkline.core.contract import Contract, as_label
from trunkline.predictions import GroundTruth, Prediction
from trunkline.predictions.ground_truth import outcome_of


@dataclass(frozen=True)
class Labelled:
    """Answers whose outcome is known, oldest first.

    `truth` and `labels` have shape (n,): text for classification, float64 for regression. `probabilities` has
    shape (n, len(classes)), or is None.
    """

    times: tuple[datetime, ...]
    truth: NDArray[Any]
    labels: NDArray[Any]
    probabilities: NDArray[np.float64] | None = None
    classes: tuple[str, ...] = ()
    positive: str = ""
    coded: bool = False
    """Whether the classes are whole numbers to the project's own code."""

    def __len__(self) -> int:
        return len(self.times)

    def rows(self, first: int, last: int) -> Labelled:
        """Return the rows from `first` up to, not including, `last`."""
        return replace(
            self,
            times=self.times[first:last],
            truth=self.truth[first:last],
            labels=self.labels[first:last],
            probabilities=None if self.probabilities is None else self.probabilities[first:last],
        )

    @property
    def scores(self) -> NDArray[np.float64] | None:
        """Return the probability of the positive outcome, or None where there is none."""
        if self.probabilities is None or self.positive not in self.classes:
            return None
        return self.probabilities[:, self.classes.index(self.positive)]


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
    matched = [(answer, outcome_of(truth[answer.answered or answer.id], contract)) for answer in known]
    times = tuple(answer.time for answer, _ in matched)
    if contract.task == "regression":
        return Labelled(
            times,
            np.array([outcome for _, outcome in matched], dtype=float),
            np.array([float(answer.outputs["prediction"]) for answer, _ in matched], dtype=float),
        )
    outcomes = [as_label(outcome) for _, outcome in matched]
    given = [answer.outputs.get("probabilities") or {} for answer, _ in matched]
    classes = tuple(sorted({name for probabilities in given for name in probabilities}))
    rows = [[float(probabilities.get(name, 0.0)) for name in classes] for probabilities in given]
    return Labelled(
        times,
        np.array(outcomes, dtype=object),
        np.array([as_label(answer.outputs["prediction"]) for answer, _ in matched], dtype=object),
        np.array(rows, dtype=float).reshape(len(matched), len(classes)) if classes else None,
        classes,
        contract.positive,
        contract.outcome.coded,
    )
