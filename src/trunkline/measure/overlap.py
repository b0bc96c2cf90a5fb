"""Overlap: how far boxes cover each other, and which answered box found which object."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
COCO_SLACK = 1e-10


def overlaps(one: Floats, two: Floats) -> Floats:
    """Return the intersection over union of boxes (left, top, right, bottom); shape (len(one), len(two)).

    Boxes without an area cover nothing, but each is the same as itself.
    """
    low = np.maximum(one[:, None, :2], two[None, :, :2])
    high = np.minimum(one[:, None, 2:], two[None, :, 2:])
    inside = np.prod(np.clip(high - low, 0, None), axis=2)
    areas = [np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) for boxes in (one, two)]
    union = areas[0][:, None] + areas[1][None, :] - inside
    same = (one[:, None, :] == two[None, :, :]).all(axis=2)
    return np.where(same, 1.0, np.divide(inside, union, out=np.zeros_like(union), where=union > 0))


def matches(shared: Floats, least: float) -> Places:
    """Return the object that each answered box found, -1 where none; boxes come with the surest first.

    Each takes the object that it covers most among those that are left, if it covers that by `least`.
    Source: the evaluation of COCO (Lin et al. 2014, Microsoft COCO), without its crowds.
    """
    found = np.full(shared.shape[0], -1, dtype=np.int64)
    left = shared.copy()
    for place in range(shared.shape[0]):
        if not left.shape[1]:
            break
        # Of objects that are covered alike COCO takes the last.
        best = left.shape[1] - 1 - int(left[place, ::-1].argmax())
        if left[place, best] >= min(least, 1 - COCO_SLACK):
            found[place] = best
            left[:, best] = -1.0
    return found
