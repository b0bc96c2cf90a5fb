"""Loss: how wrong each answer is, how wrong the model expects to be, and how wrong one would be that ignores inputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from trunkline.measure.paired import Array, Paired
from trunkline.measure.users import Users


@dataclass(frozen=True)
class Losses:
    """Losses of shape (n,), the same kind for all three; `name` says which.

    Brier's score, from 0 to 1, for classifiers with probabilities; else 0 or 1; absolute error for regression.
    `surprise` is the loss less what the model's own probabilities expect there: zero on average where they are
    right, however hard the rows are. It is the loss itself where the model says nothing of its doubts.
    `users` are those of the rows where they repeat.
    """

    name: str
    model: Array
    baseline: Array
    surprise: Array
    doubts: bool
    users: Users | None = None

    def take(self, index: Array) -> Losses:
        """Return the losses of some rows: positions or a mask."""
        return Losses(
            self.name,
            self.model[index],
            self.baseline[index],
            self.surprise[index],
            self.doubts,
            None if self.users is None else self.users[index],
        )


def losses(paired: Paired, train: Paired | None) -> Losses:
    """Return the losses of the rows; the baseline answers the class shares, or the mean, of `train` (else of the rows).

    Source: Brier (1950), Verification of forecasts expressed in terms of probability; halved, so that it is at most 1.
    """
    known, users = train or paired, paired.users
    if not paired.classes:
        model = np.abs(paired.truth - paired.labels)
        return Losses("absolute error", model, np.abs(paired.truth - known.truth.mean()), model, False, users)
    counts = dict(zip(*np.unique(known.truth, return_counts=True), strict=True))
    shares = np.array(
        [counts.get(known.classes.index(name), 0) if name in known.classes else 0 for name in paired.classes],
        dtype=np.float64,
    )
    shares /= shares.sum()
    if paired.probabilities is None:
        model = (paired.labels != paired.truth).astype(np.float64)
        baseline = (paired.truth != shares.argmax()).astype(np.float64)
        return Losses("error rate", model, baseline, model, False, users)
    chances = paired.probabilities
    hit = np.eye(len(paired.classes))[paired.truth]
    model = ((chances - hit) ** 2).sum(axis=1) / 2
    expected = (chances * (1 - chances)).sum(axis=1) / 2
    baseline = ((shares - hit) ** 2).sum(axis=1) / 2
    return Losses("Brier score", model, baseline, model - expected, True, users)
