"""The model: which estimators compete. Each is searched on train and validation data, the best is judged once on test.

How many settings are tried, and by which metric, is said by `training.search` in trunkline.yaml.

The example learns on two cores in minutes, without a network: for each point of the small picture, trees say of which
class the object is whose middle lies there, and how far away its sides are. A stronger detector is trained elsewhere
and brought as an ONNX file: `Trained` of trunkline.training, with `picture` and `boxes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter
from sklearn.base import BaseEstimator
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from trunkline.measure.overlap import overlaps
from trunkline.training import Candidate

Picture = tuple[np.ndarray, tuple[float, float]]
"""Points of shape (height, width, 3), and the pixels that one of them covers, across and down."""
GROUND = "(ground)"
RINGS = (1, 2.5, 4, 5.5, 7, 10, 13)
BLURS = (1, 2.5, 5, 10)
AROUND = [(0, 0)] + [
    (round(ring * np.sin(turn)), round(ring * np.cos(turn)))
    for ring in RINGS
    for turn in np.linspace(0, 2 * np.pi, 8, endpoint=False)
]
EDGE = 16
POINTS = 400
"""The likeliest points of a class in a picture: each gives a box, and boxes are compared with one another."""


class Detector(BaseEstimator):
    """Finds objects by what lies around the points of a picture."""

    def __init__(
        self,
        trees: int = 40,
        learning_rate: float = 0.2,
        each: int = 40,
        least: float = 0.05,
        most: int = 60,
        apart: float = 0.35,
        random_state: int | None = None,
    ) -> None:
        self.trees = trees
        self.learning_rate = learning_rate
        self.each = each
        self.least = least
        self.most = most
        self.apart = apart
        self.random_state = random_state

    def fit(self, pictures: Sequence[Picture], y: Sequence[list[dict[str, Any]]]) -> Detector:
        """Learn from small pictures and the boxes in them, in pixels of the pictures."""
        draw = np.random.default_rng(self.random_state)
        seen, names, sides = [], [], []
        for (points, scale), boxes in zip(pictures, y, strict=True):
            kinds, targets = _targets(points.shape[:2], scale, boxes)
            # Most points are ground: without a bound it would drown the rest.
            bounds = {kind: self.each * (2 if kind == GROUND else 1) for kind in np.unique(kinds)}
            of_kind = [
                draw.permutation(np.flatnonzero(kinds == kind))[:most] for kind, most in bounds.items()
            ]
            chosen = np.concatenate(of_kind)
            seen.append(_described(points, chosen))
            names.append(kinds[chosen])
            sides.append(targets[chosen])
        rows, kinds, targets = np.concatenate(seen), np.concatenate(names), np.concatenate(sides)
        settings = {
            "max_iter": self.trees,
            "learning_rate": self.learning_rate,
            "early_stopping": False,
            "random_state": self.random_state,
        }
        self.kinds_ = HistGradientBoostingClassifier(**settings).fit(rows, kinds)
        objects = kinds != GROUND
        known = self._with_kind(rows[objects], kinds[objects])
        self.sides_ = [
            HistGradientBoostingRegressor(**settings).fit(known, targets[objects, side]) for side in range(4)
        ]
        return self

    def predict(self, pictures: Sequence[Picture]) -> list[list[dict[str, Any]]]:
        """Return the boxes of each picture, the surest first."""
        return [self._found(points, scale) for points, scale in pictures]

    def _found(self, points: np.ndarray, scale: tuple[float, float]) -> list[dict[str, Any]]:
        every = np.arange(points.shape[0] * points.shape[1])
        rows = _described(points, every)
        chances = self.kinds_.predict_proba(rows)
        found: list[dict[str, Any]] = []
        for place, kind in enumerate(self.kinds_.classes_):
            likely = np.argsort(-chances[:, place], kind="stable")[:POINTS]
            likely = likely[chances[likely, place] > self.least]
            if kind == GROUND or not len(likely):
                continue
            known = self._with_kind(rows[likely], np.full(len(likely), kind))
            away = np.stack([side.predict(known) for side in self.sides_], axis=1)
            boxes = _boxes(points.shape[:2], scale, likely, away)
            found += self._distinct(str(kind), boxes, chances[likely, place])
        return sorted(found, key=lambda one: -one["score"])[: self.most]

    def _distinct(self, kind: str, boxes: np.ndarray, chances: np.ndarray) -> list[dict[str, Any]]:
        """Return one box of those that many points give for an object: their mean, surer the more agree."""
        shared = overlaps(boxes, boxes)
        agreed = np.where(shared > 0.5, shared, 0) @ chances
        left, found = np.ones(len(boxes), dtype=bool), []
        for best in np.argsort(-agreed, kind="stable"):
            if not left[best]:
                continue
            near = shared[best] > 0.6
            box = np.average(boxes[near], axis=0, weights=chances[near])
            found.append(
                {
                    "class": kind,
                    "box": [round(float(side), 1) for side in box],
                    "score": round(float(agreed[best] / (agreed[best] + 4)), 4),
                }
            )
            left &= shared[best] <= self.apart
        return found

    def _with_kind(self, rows: np.ndarray, kinds: np.ndarray) -> np.ndarray:
        places = np.searchsorted(self.kinds_.classes_, kinds)
        return np.column_stack([rows, places.astype(np.float32)])

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "kinds_")


def candidates() -> list[Candidate]:
    """Return the candidates, the simplest first. Seeds are set by Trunkline."""
    return [Candidate("points", Detector())]


def _described(points: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Return what lies around some points, counted row by row; shape (points, features)."""
    height, width, _ = points.shape
    rows, columns = chosen // width, chosen % width
    red, green, blue = points[..., 0], points[..., 1], points[..., 2]
    channels = np.stack([red, green, blue, green - (red + blue) / 2], axis=-1)
    sharp = gaussian_filter(channels[..., [1, 3]], (0.6, 0.6, 0))
    wide = np.pad(sharp, ((EDGE, EDGE), (EDGE, EDGE), (0, 0)), "edge")
    near = [wide[rows + down + EDGE, columns + across + EDGE] for down, across in AROUND]
    blurred = [gaussian_filter(channels, (blur, blur, 0))[rows, columns] for blur in BLURS]
    ends = np.stack([rows, height - 1 - rows, columns, width - 1 - columns], axis=1).clip(0, EDGE)
    return np.concatenate([*near, *blurred, ends], axis=1).astype(np.float32)


def _middles(size: tuple[int, ...], chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return chosen % size[1] + 0.5, chosen // size[1] + 0.5


def _targets(
    size: tuple[int, ...], scale: tuple[float, float], boxes: list[dict[str, Any]]
) -> tuple[np.ndarray, np.ndarray]:
    """Return for each point the class whose middle it lies in, and the way to its middle with the box's size."""
    x, y = _middles(size, np.arange(size[0] * size[1]))
    kinds, targets = np.full(len(x), GROUND, dtype=object), np.zeros((len(x), 4))
    nearest = np.full(len(x), np.inf)
    for one in boxes:
        left, top, right, bottom = np.array(one["box"]) / [*scale, *scale]
        wide, high = max(right - left, 1e-3), max(bottom - top, 1e-3)
        across, down = (left + right) / 2 - x, (top + bottom) / 2 - y
        away = np.hypot(across / wide, down / high)
        inside = (away < max(0.2, 0.72 / min(wide, high))) & (away < nearest)
        kinds[inside], nearest[inside] = one["class"], away[inside]
        each = [across, down, np.full(len(x), np.log(wide)), np.full(len(x), np.log(high))]
        targets[inside] = np.stack(each, axis=1)[inside]
    return kinds.astype(str), targets


def _boxes(
    size: tuple[int, ...], scale: tuple[float, float], chosen: np.ndarray, away: np.ndarray
) -> np.ndarray:
    """Return boxes in pixels of the picture, within it."""
    x, y = _middles(size, chosen)
    middle = np.stack([x + away[:, 0], y + away[:, 1]], axis=1)
    half = np.exp(away[:, 2:]) / 2
    boxes = np.concatenate([middle - half, middle + half], axis=1) * [*scale, *scale]
    limits = np.array([size[1], size[0]] * 2) * [*scale, *scale]
    return np.clip(boxes, 0, limits)
