"""The data: every row that is known today. Which of them a model trains on is said by `data` in trunkline.yaml.

The example is BCCD, blood cells with boxes (MIT licence, https://github.com/Shenggan/BCCD_Dataset). It is fetched once,
into a cache below your home, and is not part of this repository. TRUNKLINE_DATA names a folder that holds it already.
`TRUNKLINE_DATA=sample` takes pictures that `sample()` draws, for a first day without network: then every figure is one
of drawn pictures.

Boxes come in other forms too: `trunkline.data` has `voc_boxes`, `coco_boxes` and `yolo_boxes`.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
from trunkline.data import Published, boxes_text, image_text, sound_boxes, voc_boxes
from trunkline.inputs.png import png

CELLS = Published(
    name="bccd",
    address="https://github.com/Shenggan/BCCD_Dataset/archive/refs/heads/master.zip",
)


def load() -> pd.DataFrame:
    """Return one row a picture, in the columns of the contract.

    Yours would query a database or read files. Return everything, always in the same order: Trunkline cuts the
    window, splits, and remembers what it took by its content, so that the same rows give the same model.
    """
    path = CELLS.path()
    if path is None:
        return sample()
    rows = []
    files = _files(path)
    for place in sorted(place for place in files if place.endswith(".xml")):
        seen = voc_boxes(files[place].read_bytes())
        name = Path(place).stem
        picture = files[place.replace("Annotations", "JPEGImages").replace(".xml", ".jpg")].read_bytes()
        # Two boxes of the source have no area. `data/labels` would stop them; what is left is still 4,886.
        boxes = sound_boxes(seen.boxes, seen.width, seen.height)
        rows.append({"picture_id": name, "image": image_text(picture), "cells": boxes_text(boxes)})
    return pd.DataFrame(rows)


def _files(path: Path) -> dict[str, Path | zipfile.Path]:
    """Return the files of a folder, or of an archive, by their place in it."""
    if path.is_dir():
        return {one.relative_to(path).as_posix(): one for one in path.rglob("*") if one.is_file()}
    archive = zipfile.ZipFile(path)
    return {one: zipfile.Path(archive, one) for one in archive.namelist() if not one.endswith("/")}


WIDTH, HEIGHT = 160, 120
COLOURS = {"RBC": (205, 130, 130), "WBC": (110, 60, 150), "Platelets": (135, 80, 165)}
SIZES = {"RBC": (11, 14), "WBC": (22, 27), "Platelets": (4, 6)}


def sample(pictures: int = 120) -> pd.DataFrame:
    """Return drawn pictures, always the same: discs on a pale ground, in the colours of the real cells."""
    draw = np.random.default_rng(364)
    rows = []
    for number in range(pictures):
        ground = np.full((HEIGHT, WIDTH, 3), (225, 218, 208), dtype=float)
        kinds = ["WBC"] * int(draw.integers(0, 2)) + ["Platelets"] * int(draw.integers(1, 4))
        boxes: list[dict[str, object]] = []
        for name in [*kinds, *["RBC"] * int(draw.integers(4, 9))]:
            wide, high = draw.uniform(*SIZES[name], 2)
            x, y = draw.uniform(wide, WIDTH - wide), draw.uniform(high, HEIGHT - high)
            box = [round(float(side), 1) for side in (x - wide, y - high, x + wide, y + high)]
            if not any(_touch(box, one["box"]) for one in boxes):
                boxes.append({"class": name, "box": box})
                _disc(ground, (x, y), (wide, high), COLOURS[name])
        noisy = (ground + draw.normal(0, 3, (HEIGHT, WIDTH, 1))).clip(0, 255).astype(np.uint8)
        picture = image_text(png(WIDTH, HEIGHT, noisy.tobytes()))
        rows.append({"picture_id": f"drawn-{number:04}", "image": picture, "cells": boxes_text(boxes)})
    return pd.DataFrame(rows)


def _touch(one: list[float], other: object) -> bool:
    left, top, right, bottom = np.array(other, dtype=float)
    return bool(one[0] < right and left < one[2] and one[1] < bottom and top < one[3])


def _disc(
    on: np.ndarray, centre: tuple[float, float], size: tuple[float, float], colour: tuple[int, ...]
) -> None:
    rows, columns = np.mgrid[:HEIGHT, :WIDTH] + 0.5
    away = ((columns - centre[0]) / size[0]) ** 2 + ((rows - centre[1]) / size[1]) ** 2
    # Red cells are pale in the middle.
    pale = np.exp(-6 * away)[..., None] * (colour == COLOURS["RBC"]) * 40
    on[away < 1] = (np.array(colour) + pale)[away < 1]
