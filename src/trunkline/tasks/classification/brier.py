"""Losses of classes: Brier's score, from 0 to 1, and 0 or 1 where a model gives no probabilities.

Source: Brier (1950), Verification of forecasts expressed in terms of probability; halved, so that it is at most 1.
"""

from __future__ import annotations

import numpy as np

from trunkline.measure.paired import Paired

from ..losses import Losses
from .baseline import shares


def losses_of_classes(paired: Paired, known: Paired) -> Losses:
    """Return the losses of the rows; the baseline answers the shares of the classes in `known`."""
    flat = shares(paired, known)
    flat = flat / flat.sum()
    if paired.probabilities is None:
        model = (paired.labels != paired.truth).astype(np.float64)
        baseline = (paired.truth != flat.argmax()).astype(np.float64)
        return Losses("error rate", model, baseline, model, False, paired.users)
    chances = paired.probabilities
    hit = np.eye(len(paired.classes))[paired.truth]
    model = ((chances - hit) ** 2).sum(axis=1) / 2
    expected = (chances * (1 - chances)).sum(axis=1) / 2
    return Losses(
        "Brier score", model, ((flat - hit) ** 2).sum(axis=1) / 2, model - expected, True, paired.users
    )
