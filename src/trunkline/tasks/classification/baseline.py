"""The baseline of classes: the model that ignores its inputs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from trunkline.measure.paired import Array, Paired


def shares(paired: Paired, train: Paired) -> Array:
    """Return the share of each class of `paired` among the outcomes of `train`, shape (classes,)."""
    # By name: a champion's classes may be counted among those of one of the two only.
    counts = dict(zip(train.classes, np.bincount(train.truth, minlength=len(train.classes)), strict=True))
    return np.array([counts.get(name, 0) for name in paired.classes], dtype=np.float64) / train.rows


def shares_as_answers(paired: Paired, train: Paired) -> Paired:
    """Return the most frequent class of `train` as every answer, with the shares as probabilities."""
    found = shares(paired, train)
    labels = np.full(paired.rows, int(found.argmax()))
    return replace(paired, labels=labels, probabilities=np.tile(found, (paired.rows, 1)))
