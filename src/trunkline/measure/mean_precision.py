"""Mean average precision of boxes, as a function of how often each picture counts.

A box is matched within its picture alone, so that drawing pictures again needs no new matching.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .overlap import Floats, Places, matches, overlaps

HALF = (0.5,)
UPWARDS = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))
"""Overlaps from one half to 0.95, of which COCO's figure is the mean."""
MOST = 100
"""Boxes of a picture that count, the surest."""
LEVELS = np.linspace(0, 1, 101)
CELLS = 4_000_000
"""Sums that are held in memory at once."""


@dataclass(frozen=True)
class Seen:
    """The boxes of a class in one picture: sides of shape (n, 4), scores of shape (n,) where they were answered."""

    boxes: Floats
    scores: Floats


@dataclass(frozen=True)
class Ranked:
    """All answered boxes of one class, the surest first: the picture of each, and whether it hit; and the objects."""

    pictures: Places
    hit: Floats
    """Shape (overlaps, boxes)."""
    objects: Floats
    """Objects of each picture."""


def ranked(truths: Sequence[Seen], answers: Sequence[Seen], least: Sequence[float]) -> Ranked:
    """Return the boxes of one class over all pictures."""
    scores: list[Floats] = []
    hits: list[Floats] = []
    pictures: list[Places] = []
    for place, (truth, answer) in enumerate(zip(truths, answers, strict=True)):
        order = np.argsort(-answer.scores, kind="stable")[:MOST]
        shared = overlaps(answer.boxes[order], truth.boxes)
        hits.append(np.stack([matches(shared, limit) >= 0 for limit in least]).astype(np.float64))
        scores.append(answer.scores[order])
        pictures.append(np.full(len(order), place, dtype=np.int64))
    found = np.concatenate(scores) if scores else np.empty(0)
    order = np.argsort(-found, kind="stable")
    return Ranked(
        np.concatenate(pictures)[order] if pictures else np.empty(0, dtype=np.int64),
        np.concatenate(hits, axis=1)[:, order] if hits else np.empty((len(least), 0)),
        np.array([len(truth.boxes) for truth in truths], dtype=np.float64),
    )


def precision_of(classes: Sequence[Ranked]) -> Callable[[Floats], Floats]:
    """Return the mean over classes and overlaps as a function of counts, of shape (draws, pictures).

    A class that no drawn picture has is left out; without any class there is no value (NaN).
    """

    def mean(counts: Floats) -> Floats:
        with np.errstate(invalid="ignore"):
            each = np.stack(
                [_average(one, np.asarray(counts, dtype=np.float64)) for one in classes]
                or [np.full(len(counts), np.nan)]
            )
        known = np.isfinite(each)
        total = np.where(known, each, 0.0).sum(axis=0)
        found: Floats = np.divide(
            total, known.sum(axis=0), out=np.full(len(counts), np.nan), where=known.any(axis=0)
        )
        return found

    return mean


def _average(one: Ranked, counts: Floats) -> Floats:
    """Return the average precision of one class for each draw, the mean over overlaps; NaN without an object."""
    objects = counts @ one.objects
    size = max(1, CELLS // max(1, len(one.pictures)))
    parts = [_part(one, counts[begin : begin + size]) for begin in range(0, len(counts), size)]
    return np.where(objects > 0, np.concatenate(parts), np.nan)


def _part(one: Ranked, counts: Floats) -> Floats:
    weight = counts[:, one.pictures]
    objects = np.maximum(counts @ one.objects, 1.0)
    every = np.cumsum(weight, axis=1)
    total = np.zeros(len(counts))
    for hit in one.hit:
        right = np.cumsum(weight * hit, axis=1)
        precision = np.divide(right, every, out=np.zeros_like(right), where=every > 0)
        precision = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
        total += np.array(
            [
                _at_levels(row / number, high)
                for row, number, high in zip(right, objects, precision, strict=True)
            ]
        )
    return total / len(one.hit)


def _at_levels(recall: Floats, precision: Floats) -> float:
    """Return the mean of the best precision at 101 levels of recall or above, 0 where it is not reached."""
    places = np.searchsorted(recall, LEVELS, side="left")
    return float(np.append(precision, 0.0)[places].mean())
