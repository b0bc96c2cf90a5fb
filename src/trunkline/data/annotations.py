"""Annotations: boxes as others write them - Pascal VOC, COCO, YOLO - in the form of the contract."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from trunkline.core.errors import DataError
from trunkline.inputs.boxes_text import Boxed

ENTITY = b"<!ENTITY"


@dataclass(frozen=True)
class Annotated:
    """What is seen in one picture: its file, its size in pixels (0 where it is not said), and the boxes in pixels."""

    file: str
    width: int
    height: int
    boxes: list[Boxed]


def voc_boxes(content: bytes | str, *, origin: str = "the annotation") -> Annotated:
    """Return the boxes of a Pascal VOC file (XML). Raises DataError where it is none."""
    raw = content.encode() if isinstance(content, str) else content
    try:
        if ENTITY in raw:
            raise ValueError("it declares entities, which no annotation needs")
        root = ElementTree.fromstring(raw)  # noqa: S314 - nothing expands without entities
        size = root.find("size")
        boxes = [
            _box(
                one.findtext("name", "").strip(),
                [float(one.findtext(f"bndbox/{side}", "")) for side in ("xmin", "ymin", "xmax", "ymax")],
            )
            for one in root.iter("object")
        ]
        width, height = (
            0 if size is None else int(float(size.findtext(side) or 0)) for side in ("width", "height")
        )
    except (ElementTree.ParseError, ValueError) as error:
        raise _unreadable(origin, "Pascal VOC", error) from error
    return Annotated(root.findtext("filename", "").strip(), width, height, boxes)


def coco_boxes(content: bytes | str, *, origin: str = "the annotations") -> list[Annotated]:
    """Return the boxes of a COCO file (JSON) by picture, crowds left out; pictures without a box are there too.

    Raises DataError where it is none.
    """
    try:
        read = json.loads(content)
        names = {one["id"]: str(one["name"]) for one in read["categories"]}
        boxes: dict[Any, list[Boxed]] = {one["id"]: [] for one in read["images"]}
        for one in read["annotations"]:
            if one.get("iscrowd"):
                continue
            left, top, width, height = map(float, one["bbox"])
            sides = [left, top, left + width, top + height]
            boxes[one["image_id"]].append(_box(names[one["category_id"]], sides))
        return [
            Annotated(
                str(one["file_name"]),
                int(one.get("width") or 0),
                int(one.get("height") or 0),
                boxes[one["id"]],
            )
            for one in read["images"]
        ]
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise _unreadable(origin, "COCO", error) from error


def yolo_boxes(
    content: str, classes: Sequence[str], width: int, height: int, *, origin: str = "the annotation"
) -> list[Boxed]:
    """Return the boxes of a YOLO file in pixels: a line holds the class' number, middle and size as shares.

    Raises DataError where it is none.
    """
    try:
        boxes = []
        for line in filter(None, map(str.strip, content.splitlines())):
            number, *shares = line.split()
            if len(shares) != 4 or not 0 <= int(number) < len(classes):
                raise ValueError(f"the line {line[:60]!r}")
            x, y, wide, high = map(float, shares)
            sides = [
                (x - wide / 2) * width,
                (y - high / 2) * height,
                (x + wide / 2) * width,
                (y + high / 2) * height,
            ]
            boxes.append(_box(classes[int(number)], sides))
        return boxes
    except ValueError as error:
        raise _unreadable(origin, "YOLO", error) from error


def in_pixels(boxes: Iterable[Mapping[str, Any]], width: int, height: int) -> list[Boxed]:
    """Return boxes whose sides are shares of the picture in pixels."""
    return [
        _box(one["class"], [side * size for side, size in zip(one["box"], (width, height) * 2, strict=True)])
        for one in boxes
    ]


def sound_boxes(boxes: Iterable[Mapping[str, Any]], width: float, height: float) -> list[Boxed]:
    """Return boxes cut at the edges of the picture, each once, without those that have no area there."""
    found: list[Boxed] = []
    for one in boxes:
        left, top, right, bottom = one["box"]
        sides = [max(0.0, left), max(0.0, top), min(float(width), right), min(float(height), bottom)]
        kept = {"class": one["class"], "box": sides}
        if sides[2] > sides[0] and sides[3] > sides[1] and kept not in found:
            found.append(kept)
    return found


def _box(name: str, sides: Sequence[float]) -> Boxed:
    if not name or not all(map(math.isfinite, sides)):
        raise ValueError("a box has no class, or a side that is no number")
    return {"class": name, "box": [float(side) for side in sides]}


def _unreadable(origin: str, kind: str, error: Exception) -> DataError:
    return DataError(
        f"{origin[0].upper()}{origin[1:]} cannot be read as {kind}: {type(error).__name__}: {error}.",
        next_step="look at the file, or read it in data.py in a way of your own",
    )
