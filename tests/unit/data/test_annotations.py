"""Boxes as others write them become boxes of the contract, in pixels."""

from __future__ import annotations

import json

import pytest

from trunkline.core.errors import DataError
from trunkline.data import boxes_text, coco_boxes, in_pixels, sound_boxes, voc_boxes, yolo_boxes
from trunkline.inputs.boxes_text import read_boxes

DOG = {"class": "big dog", "box": [10.0, 20.0, 30.0, 60.5]}
VOC = """<annotation><filename>one.jpg</filename><size><width>100</width><height>80</height></size>
<object><name>big dog</name><bndbox><xmin>10</xmin><ymin>20</ymin><xmax>30</xmax><ymax>60.5</ymax></bndbox></object>
</annotation>"""
COCO = {
    "images": [
        {"id": 7, "file_name": "one.jpg", "width": 100, "height": 80},
        {"id": 9, "file_name": "empty.jpg", "width": 100, "height": 80},
    ],
    "categories": [{"id": 3, "name": "big dog"}],
    "annotations": [
        {"image_id": 7, "category_id": 3, "bbox": [10, 20, 20, 40.5]},
        {"image_id": 7, "category_id": 3, "bbox": [0, 0, 100, 80], "iscrowd": 1},
    ],
}


def test_pascal_voc() -> None:
    found = voc_boxes(VOC)
    assert (found.file, found.width, found.height, found.boxes) == ("one.jpg", 100, 80, [DOG])


def test_coco_keeps_pictures_without_a_box_and_leaves_crowds_out() -> None:
    one, empty = coco_boxes(json.dumps(COCO))
    assert (one.file, one.width, one.boxes) == ("one.jpg", 100, [DOG])
    assert (empty.file, empty.boxes) == ("empty.jpg", [])


def test_yolo_and_shares_of_the_picture() -> None:
    assert yolo_boxes("1 0.2 0.503125 0.2 0.50625\n\n", ["cat", "big dog"], 100, 80) == [
        {"class": "big dog", "box": pytest.approx(DOG["box"])}
    ]
    assert in_pixels([{"class": "cat", "box": [0.1, 0.5, 0.2, 1]}], 100, 80) == [
        {"class": "cat", "box": [10, 40, 20, 80]}
    ]


@pytest.mark.parametrize(
    ("read", "content"),
    [
        (voc_boxes, "no XML"),
        (voc_boxes, VOC.replace("<xmin>10</xmin>", "")),
        (voc_boxes, '<!DOCTYPE a [<!ENTITY x "y">]><a/>'),
        (coco_boxes, "[1, 2]"),
        (coco_boxes, "{"),
        (coco_boxes, json.dumps({**COCO, "categories": []})),
        (lambda text: yolo_boxes(text, ["cat"], 9, 9), "1 0.5 0.5 1 1"),
        (lambda text: yolo_boxes(text, ["cat"], 9, 9), "0 0.5 0.5"),
    ],
)
def test_what_is_no_annotation_is_refused(read: object, content: str) -> None:
    with pytest.raises(DataError, match="cannot be read as"):
        read(content)  # type: ignore[operator]


def test_sound_boxes_are_within_the_picture_have_an_area_and_come_once() -> None:
    flat = {"class": "dog", "box": [5.0, 5.0, 5.0, 9.0]}
    over = {"class": "dog", "box": [-3.0, 0.0, 300.0, 9.0]}
    outside = {"class": "dog", "box": [200.0, 0.0, 300.0, 9.0]}
    cut = {"class": "dog", "box": [0.0, 0.0, 100.0, 9.0]}
    assert sound_boxes([flat, over, over, outside, DOG], 100, 80) == [cut, DOG]


def test_boxes_as_text_come_back_as_they_were() -> None:
    assert read_boxes(boxes_text([DOG, DOG])) == [DOG, DOG]
    assert boxes_text([]) == ""
    assert read_boxes("") == []
    for name in ("a;b", " a", "", "a  b"):
        with pytest.raises(ValueError, match="class"):
            boxes_text([{"class": name, "box": [0, 0, 1, 1]}])
    with pytest.raises(ValueError, match="four"):
        boxes_text([{"class": "a", "box": [0, 0, 1]}])
    for text in ("dog 1 2 3", "dog 1 2 3 nan", "dog 9 9 3 3", "1 2 3 4"):
        with pytest.raises(ValueError, match="'"):
            read_boxes(text)
