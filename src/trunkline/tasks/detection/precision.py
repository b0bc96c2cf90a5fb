"""Metrics of detection: mean average precision over classes, as COCO counts it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from trunkline.measure.mean_precision import HALF, UPWARDS, Seen, precision_of, ranked
from trunkline.measure.overlap import matches, overlaps
from trunkline.measure.paired import Array, Paired

Entries = Sequence[Mapping[str, Any]]


def map_50(paired: Paired) -> Callable[[Array], Array]:
    """Return mAP where a box must cover an object by half."""
    return _mean(paired, HALF)


def map_50_95(paired: Paired) -> Callable[[Array], Array]:
    """Return the mean of mAP where it must cover by 0.50, 0.55 and so on to 0.95."""
    return _mean(paired, UPWARDS)


def picture_f1(paired: Paired) -> Array:
    """Return F1 of each picture: twice what was found over objects and boxes together; of nothing in nothing, 1.

    A box counts by its score, so that one of which the model is not sure costs little.
    """
    return np.array([_f1(truth, boxes) for truth, boxes in zip(paired.truth, paired.labels, strict=True)])


def classes_in(rows: Iterable[Entries]) -> list[str]:
    """Return the classes of the boxes of some pictures, by name."""
    return sorted({str(one["class"]) for entries in rows for one in entries})


def of_class(entries: Entries, name: str) -> Seen:
    """Return the boxes of a class."""
    chosen = [one for one in entries if one["class"] == name]
    boxes = np.array([one["box"] for one in chosen], dtype=np.float64).reshape(-1, 4)
    return Seen(boxes, np.array([float(one.get("score", 1.0)) for one in chosen]))


def _mean(paired: Paired, least: Sequence[float]) -> Callable[[Array], Array]:
    return precision_of(
        [
            ranked(
                [of_class(entries, name) for entries in paired.truth],
                [of_class(entries, name) for entries in paired.labels],
                least,
            )
            for name in classes_in(paired.truth)
        ]
    )


def _f1(truth: Entries, boxes: Entries) -> float:
    found = total = 0.0
    for name in classes_in([truth, boxes]):
        there, said = of_class(truth, name), of_class(boxes, name)
        order = np.argsort(-said.scores, kind="stable")
        scores = np.clip(said.scores[order], 0, 1)
        hit = matches(overlaps(said.boxes[order], there.boxes), HALF[0]) >= 0
        found += float(scores[hit].sum())
        total += len(there.boxes) + float(scores.sum())
    return 2 * found / total if total else 1.0
