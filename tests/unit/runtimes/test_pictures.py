"""Pictures become tensors, and what a detector's file gives becomes boxes in pixels of the picture."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from trunkline.inputs.image_file import text_of
from trunkline.inputs.png import png
from trunkline.runtimes.pictures import BoxTensors, PictureTensor, Placed, fixed_size, placed, raw_boxes

LEVELS = np.random.default_rng(1).integers(0, 255, (20, 40, 3), dtype=np.uint8)
TEXT = text_of(png(40, 20, LEVELS.tobytes()))
WHERE = placed(TEXT, PictureTensor(tensor="x", field="image"), (None, None))[1]


def wanted(**said: Any) -> PictureTensor:
    return PictureTensor.model_validate({"tensor": "x", "field": "image", **said})


def test_a_picture_of_its_own_size_is_taken_as_it_is() -> None:
    array, where = placed(TEXT, wanted(layout="channels-last", scale=1), (None, None))
    assert np.array_equal(array, LEVELS)
    assert (where.width, where.height, where.across, where.down) == (40, 20, 1, 1)


def test_colours_and_numbers_are_as_the_file_wants_them() -> None:
    array, _ = placed(TEXT, wanted(order="bgr", mean=(0.5, 0.5, 0.5), deviation=(2, 2, 2)), (None, None))
    assert array.shape == (3, 20, 40)
    assert array[0] == pytest.approx((LEVELS[..., 2] / 255 - 0.5) / 2, abs=1e-6)


def test_a_letterbox_keeps_the_relation_of_the_sides() -> None:
    array, where = placed(TEXT, wanted(fit="letterbox", layout="channels-last", scale=1), (80, 80))
    assert array.shape == (80, 80, 3)
    assert (array[:20] == 114).all()
    assert (where.across, where.down, where.left, where.top) == (2, 2, 0, 20)


def test_the_size_that_a_file_fixes_is_read_from_its_tensor() -> None:
    assert fixed_size(["n", 3, 60, "w"], wanted()) == (None, 60)
    assert fixed_size([1, 60, 80, 3], wanted(layout="channels-last")) == (80, 60)
    for shape in ([1, 60, 80, 3], [1, 3]):
        with pytest.raises(ValueError, match="tensor x"):
            fixed_size(shape, wanted())


def boxes(sides: list[list[float]], where: Placed = WHERE, **said: Any) -> list[Any]:
    """Return what is made of boxes, all of the first class and the surer the later."""
    spec = {"boxes": "b", "scores": "s", "labels": "l", "classes": ("dog", "cat"), **said}
    count = len(sides)
    outputs = {
        "b": np.array([sides]),
        "s": np.array([np.linspace(0.5, 0.9, count)]),
        "l": np.zeros((1, count), dtype=np.int64),
    }
    return raw_boxes(outputs, BoxTensors.model_validate(spec), where)


def test_boxes_come_back_to_the_picture_from_a_letterbox() -> None:
    where = placed(TEXT, wanted(fit="letterbox"), (80, 80))[1]
    assert boxes([[20.0, 40.0, 40.0, 60.0]], where)[1] == [[10, 10, 20, 20]]
    assert boxes([[0.25, 0.5, 0.5, 0.75]], where, unit="relative")[1] == [[10, 10, 20, 20]]
    assert boxes([[30.0, 50.0, 20.0, 20.0]], where, form="middle")[1] == [[10, 10, 20, 20]]
    assert boxes([[-9.0, -9.0, 900.0, 900.0]], where)[1] == [[0, 0, 40, 20]]


def test_boxes_that_cover_a_surer_one_are_dropped_unless_the_file_has_done_so() -> None:
    twice = [[0.0, 0.0, 10.0, 9.0], [0.0, 0.0, 10.0, 10.0], [20.0, 0.0, 30.0, 10.0]]
    names, sides, scores = boxes(twice)
    assert sides == [[20, 0, 30, 10], [0, 0, 10, 10]]
    assert (names, scores) == (["dog", "dog"], [0.9, 0.7])
    assert len(boxes(twice, overlap=1.0)[0]) == 3
    assert len(boxes(twice, most=1)[0]) == 1
    assert boxes(twice, least=0.95) == [[], [], []]
    assert boxes(twice, first=5) == [[], [], []]


def test_a_column_a_class_says_the_class_and_how_sure() -> None:
    spec = BoxTensors(boxes="b", scores="s", classes=("dog", "cat"))
    outputs = {"b": np.array([[[0.0, 0.0, 9.0, 9.0]]]), "s": np.array([[[0.2, 0.7]]])}
    assert raw_boxes(outputs, spec, WHERE) == [["cat"], [[0, 0, 9, 9]], [0.7]]
    with pytest.raises(ValueError, match="2 columns in s, but 3"):
        raw_boxes({**outputs, "s": np.array([[[0.2, 0.7, 0.1]]])}, spec, WHERE)
