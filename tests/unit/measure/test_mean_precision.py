"""Mean average precision is COCO's, and drawing pictures again needs no new matching."""

from __future__ import annotations

import contextlib
import io

import numpy as np
import pytest

from trunkline.measure.mean_precision import HALF, UPWARDS, Seen, precision_of, ranked
from trunkline.measure.overlap import matches, overlaps

CLASSES = ("dog", "cat", "cow")
World = dict[str, tuple[list[Seen], list[Seen]]]


def world(pictures: int = 12, seed: int = 3) -> World:
    """Objects in pictures by class, and answers that are near, doubled, wrong and missing."""
    draw = np.random.default_rng(seed)
    found: World = {name: ([], []) for name in CLASSES}
    for _ in range(pictures):
        for name in CLASSES:
            objects = int(draw.integers(0, 6))
            corners = draw.uniform(0, 80, (objects, 2))
            truth = np.concatenate([corners, corners + draw.uniform(4, 40, (objects, 2))], axis=1)
            near = truth[draw.random(objects) < 0.8].repeat(2, axis=0)
            near = near + draw.normal(0, 3, near.shape)
            near[:, 2:] = np.maximum(near[:, 2:], near[:, :2] + 1)
            found[name][0].append(Seen(truth, np.ones(objects)))
            found[name][1].append(Seen(near, np.round(draw.random(len(near)), 2)))
    return found


def value(found: World, least: tuple[float, ...], counts: np.ndarray | None = None) -> float:
    classes = [ranked(truths, answers, least) for truths, answers in found.values()]
    pictures = len(next(iter(found.values()))[0])
    return float(precision_of(classes)(np.ones((1, pictures)) if counts is None else counts)[0])


def test_it_is_what_pycocotools_says() -> None:
    coco = pytest.importorskip("pycocotools.coco", reason="pycocotools is not installed")
    evaluation = pytest.importorskip("pycocotools.cocoeval")
    found = world()
    truths: list[dict[str, object]] = []
    answers: list[dict[str, object]] = []
    for category, name in enumerate(CLASSES, start=1):
        for picture, (truth, answer) in enumerate(zip(*found[name], strict=True), start=1):
            for rows, into in ((truth, truths), (answer, answers)):
                for box, score in zip(rows.boxes, rows.scores, strict=True):
                    sides = [*box[:2], *(box[2:] - box[:2])]
                    into.append(
                        {
                            "id": len(into) + 1,
                            "image_id": picture,
                            "category_id": category,
                            "bbox": [float(side) for side in sides],
                            "area": float(sides[2] * sides[3]),
                            "iscrowd": 0,
                            "score": float(score),
                        }
                    )
    with contextlib.redirect_stdout(io.StringIO()):
        known = coco.COCO()
        known.dataset = {
            "info": {},
            "images": [{"id": picture + 1, "width": 130, "height": 130} for picture in range(12)],
            "categories": [{"id": place + 1, "name": name} for place, name in enumerate(CLASSES)],
            "annotations": truths,
        }
        known.createIndex()
        judged = evaluation.COCOeval(known, known.loadRes(answers), "bbox")
        judged.evaluate()
        judged.accumulate()
        judged.summarize()
    assert value(found, UPWARDS) == pytest.approx(judged.stats[0], abs=1e-9)
    assert value(found, HALF) == pytest.approx(judged.stats[1], abs=1e-9)


def test_a_picture_that_is_drawn_twice_counts_as_two() -> None:
    found = world()
    counts = np.random.default_rng(1).integers(0, 3, 12)
    places = np.repeat(np.arange(12), counts)
    drawn: World = {
        name: ([truths[place] for place in places], [answers[place] for place in places])
        for name, (truths, answers) in found.items()
    }
    counted = value(found, UPWARDS, counts[None, :].astype(float))
    assert counted == pytest.approx(value(drawn, UPWARDS), abs=1e-3)


def test_perfect_answers_are_one_and_none_are_zero() -> None:
    found = world()
    perfect = {name: (truth, truth) for name, (truth, _) in found.items()}
    empty = Seen(np.empty((0, 4)), np.empty(0))
    silent = {name: (truth, [empty] * 12) for name, (truth, _) in found.items()}
    assert value(perfect, UPWARDS) == pytest.approx(1)
    assert value(silent, HALF) == 0
    assert np.isnan(value({"dog": ([empty], [empty])}, HALF))


def test_a_class_that_no_drawn_picture_has_is_left_out() -> None:
    box = Seen(np.array([[0.0, 0.0, 9.0, 9.0]]), np.ones(1))
    empty = Seen(np.empty((0, 4)), np.empty(0))
    found: World = {"dog": ([box, empty], [box, empty]), "cat": ([empty, box], [empty, empty])}
    assert value(found, HALF) == 0.5
    assert value(found, HALF, np.array([[1.0, 0.0]])) == 1


def test_each_object_is_found_once_and_by_the_surest_box() -> None:
    objects = np.array([[0.0, 0.0, 10.0, 10.0], [20.0, 0.0, 30.0, 10.0]])
    boxes = np.array([[0.0, 0.0, 10.0, 9.0], [0.0, 0.0, 10.0, 10.0], [19.0, 0.0, 29.0, 10.0]])
    assert matches(overlaps(boxes, objects), 0.5).tolist() == [0, -1, 1]
    assert matches(overlaps(boxes, objects), 0.95).tolist() == [-1, 0, -1]


def test_a_box_without_area_covers_itself_alone() -> None:
    flat = np.array([[5.0, 5.0, 5.0, 9.0]])
    other = np.array([[5.0, 5.0, 8.0, 9.0], [5.0, 5.0, 5.0, 9.0]])
    assert overlaps(flat, other).tolist() == [[0.0, 1.0]]
