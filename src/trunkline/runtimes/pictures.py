"""Pictures for a detector's ONNX file, and the boxes that it gives, without the training stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from pydantic import Field

from trunkline.core.record import Record
from trunkline.inputs.image_file import upright
from trunkline.measure.overlap import overlaps

Array = np.ndarray[Any, Any]
GREY = (114, 114, 114)
"""The colour beside a picture that does not fill its tensor, as YOLO's authors have it."""


class PictureTensor(Record):
    """How a picture fills a tensor: its size, colours and numbers."""

    tensor: str
    """The input of the file."""
    field: str
    """The contract's column of images."""
    width: int = Field(default=0, ge=0)
    height: int = Field(default=0, ge=0)
    """Pixels of the tensor; 0 takes those that the file fixes, else those of the picture."""
    fit: Literal["stretch", "letterbox"] = "stretch"
    """*letterbox* keeps the sides' relation, and fills what is left with grey."""
    layout: Literal["channels-first", "channels-last"] = "channels-first"
    order: Literal["rgb", "bgr"] = "rgb"
    scale: float = 1 / 255
    """What each level, from 0 to 255, is multiplied by; then `mean` is subtracted, and it is divided by `deviation`."""
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    deviation: tuple[float, float, float] = (1.0, 1.0, 1.0)


class BoxTensors(Record):
    """How outputs become boxes: `boxes` of shape (pictures, n, 4), with a score and a class of each.

    With `labels`, `scores` has shape (pictures, n), and the class is a number: `first` stands for the first of
    `classes`. Without, it has a column a class. Boxes that cover a surer one of their class by more than `overlap` are
    dropped, as are scores below `least`; 1 as `overlap` keeps all, where the file has dropped them itself.
    """

    boxes: str
    scores: str
    labels: str = ""
    classes: tuple[str, ...]
    first: int = 0
    form: Literal["corners", "middle"] = "corners"
    """Left, top, right, bottom; or the middle's place with width and height."""
    unit: Literal["pixels", "relative"] = "pixels"
    """Of the tensor: its pixels, or shares of it."""
    least: float = Field(default=0.05, ge=0, le=1)
    overlap: float = Field(default=0.5, gt=0, le=1)
    most: int = Field(default=100, ge=1)


class Placed(Record):
    """Where a picture lies in its tensor: its own size, how it was scaled, and how far it was moved, in pixels."""

    width: int
    height: int
    across: float
    down: float
    left: float = 0.0
    top: float = 0.0
    tensor_width: int
    tensor_height: int


def placed(text: str, wanted: PictureTensor, size: Sequence[int | None]) -> tuple[Array, Placed]:
    """Return a picture as the tensor has it, without the dimension of rows, and where it lies there.

    `size` are the width and height that the file fixes, None where it takes any. Raises ValueError where it is none.
    """
    picture = upright(text)
    width = wanted.width or size[0] or picture.width
    height = wanted.height or size[1] or picture.height
    across, down = width / picture.width, height / picture.height
    left = top = 0
    if wanted.fit == "letterbox":
        across = down = min(across, down)
        inner = max(1, round(picture.width * across)), max(1, round(picture.height * down))
        left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
        levels = np.full((height, width, 3), GREY, dtype=np.float32)
        levels[top : top + inner[1], left : left + inner[0]] = np.asarray(picture.resize(inner, 2))
    else:
        levels = np.asarray(picture.resize((width, height), 2), dtype=np.float32)
    if wanted.order == "bgr":
        levels = levels[..., ::-1]
    numbers = (levels * wanted.scale - np.array(wanted.mean)) / np.array(wanted.deviation)
    numbers = numbers.transpose(2, 0, 1) if wanted.layout == "channels-first" else numbers
    where = Placed(
        width=picture.width,
        height=picture.height,
        across=across,
        down=down,
        left=left,
        top=top,
        tensor_width=width,
        tensor_height=height,
    )
    return numbers.astype(np.float32), where


def fixed_size(shape: Sequence[Any], wanted: PictureTensor) -> tuple[int | None, int | None]:
    """Return the width and height that a tensor of this shape fixes. Raises ValueError where it holds no pictures."""
    if len(shape) != 4:
        raise ValueError(f"the tensor {wanted.tensor} has {len(shape)} dimensions, and pictures need four")
    channels, height, width = shape[1:] if wanted.layout == "channels-first" else (shape[3], *shape[1:3])
    if isinstance(channels, int) and channels != 3:
        raise ValueError(
            f"the tensor {wanted.tensor} has {channels} channels where {wanted.layout} has three"
        )
    known = [side if isinstance(side, int) and side > 0 else None for side in (width, height)]
    return known[0], known[1]


def raw_boxes(outputs: Mapping[str, Any], wanted: BoxTensors, where: Placed) -> list[Any]:
    """Return the boxes of one picture as the raw outputs of a detection: classes, boxes, scores.

    `outputs` are those for this picture alone. Raises ValueError when they are none.
    """
    sides = np.asarray(outputs[wanted.boxes], dtype=np.float64).reshape(-1, 4)
    scores = np.asarray(outputs[wanted.scores], dtype=np.float64)
    if wanted.labels:
        scores = scores.reshape(-1)
        numbers = np.asarray(outputs[wanted.labels]).reshape(-1).astype(np.int64) - wanted.first
    else:
        scores = scores.reshape(len(sides), -1) if len(sides) else np.empty((0, len(wanted.classes)))
        if scores.shape[1] != len(wanted.classes):
            raise ValueError(f"{len(wanted.classes)} columns in {wanted.scores}, but {scores.shape[1]}")
        numbers = scores.argmax(axis=1)
        scores = scores.max(axis=1, initial=0.0)
    if not len(sides) == len(scores) == len(numbers):
        raise ValueError(f"{len(sides)} boxes have {len(scores)} scores and {len(numbers)} classes")
    known = (scores >= wanted.least) & (numbers >= 0) & (numbers < len(wanted.classes))
    sides, scores, numbers = _corners(sides[known], wanted, where), scores[known], numbers[known]
    kept = _distinct(sides, scores, numbers, wanted)
    names = [wanted.classes[number] for number in numbers[kept]]
    return [names, sides[kept].tolist(), np.clip(scores[kept], 0, 1).tolist()]


def _corners(sides: Array, wanted: BoxTensors, where: Placed) -> Array:
    """Return boxes in pixels of the picture, within it."""
    if wanted.form == "middle":
        half = sides[:, 2:] / 2
        sides = np.concatenate([sides[:, :2] - half, sides[:, :2] + half], axis=1)
    if wanted.unit == "relative":
        sides = sides * np.array([where.tensor_width, where.tensor_height] * 2)
    sides = (sides - np.array([where.left, where.top] * 2)) / np.array([where.across, where.down] * 2)
    sides = np.clip(sides, 0, np.array([where.width, where.height] * 2))
    sides[:, 2:] = np.maximum(sides[:, 2:], sides[:, :2])
    return sides


def _distinct(sides: Array, scores: Array, numbers: Array, wanted: BoxTensors) -> list[int]:
    order = [int(place) for place in np.argsort(-scores, kind="stable")]
    if wanted.overlap >= 1:
        return order[: wanted.most]
    shared, kept = overlaps(sides, sides), list[int]()
    for place in order:
        if len(kept) == wanted.most:
            break
        if all(numbers[place] != numbers[other] or shared[place, other] <= wanted.overlap for other in kept):
            kept.append(place)
    return kept
