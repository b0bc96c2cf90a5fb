from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from trunkline.core.bundle import Bundle, BundleManifest
from trunkline.core.contract import Column, Contract, Role
from trunkline.core.decision import Decision
from trunkline.core.errors import BundleError
from trunkline.core.lineage import Lineage
from trunkline.serving.runtime import checked, row_count

CONTRACT = Contract(
    name="n",
    positive="b",
    columns=(
        Column(name="x", type="number"),
        Column(name="z", type="text"),
        Column(name="y", type="category", role=Role.OUTCOME, categories=("a", "b")),
    ),
)
LINEAGE = Lineage(
    commit="c",
    snapshot="s",
    training_key="t",
    code="c",
    policy="p",
    lock="l",
    toolkit="0",
    candidate="m",
    settings={},
)


def bundle(*classes: str, decision: Decision | None = None) -> Bundle:
    manifest = BundleManifest(
        name="n",
        runtime="onnx",
        model="model.onnx",
        classes=classes,
        decision=decision,
        figures=(),
        lineage=LINEAGE,
        files={},
    )
    return Bundle(Path("nowhere"), manifest, "sha256:" + "0" * 64, CONTRACT)


def test_labels_become_text_and_scores_floats() -> None:
    answers = checked(bundle("a", "b"), np.array(["b"]), np.array([[0.25, 0.75]], dtype=np.float32), 1)
    assert answers.predictions.tolist() == ["b"]
    assert answers.predictions.dtype == object
    assert answers.probabilities is not None
    assert answers.probabilities.dtype == np.float64
    assert answers.classes == ("a", "b")


@pytest.mark.parametrize("classes", [("a", "b"), ("b", "a")])
def test_a_threshold_decides_whatever_the_model_says_the_label_is(classes: tuple[str, str]) -> None:
    scores = np.array([[0.25, 0.75], [0.1, 0.9], [0.8, 0.2]])
    found = scores if classes == ("a", "b") else scores[:, ::-1]
    at = Decision(positive="b", threshold=0.8, reason="")
    answers = checked(bundle(*classes, decision=at), np.array(["b", "b", "b"]), found, 3)
    assert answers.predictions.tolist() == ["a", "b", "a"]
    assert answers.predictions.dtype == object


@pytest.mark.parametrize("classes", [("a", "c"), ("a", "b", "c")])
def test_a_threshold_that_does_not_fit_the_classes_is_no_answer(classes: tuple[str, ...]) -> None:
    at = Decision(positive="b", threshold=0.8, reason="")
    with pytest.raises(BundleError, match="threshold"):
        checked(bundle(*classes, decision=at), ["a"], [[1 / len(classes)] * len(classes)], 1)


def test_a_regression_gives_numbers_alone() -> None:
    answers = checked(bundle(), np.array([[1.5], [2.5]], dtype=np.float32), None, 2)
    assert answers.predictions.tolist() == [1.5, 2.5]
    assert answers.probabilities is None


@pytest.mark.parametrize(
    ("predictions", "probabilities"),
    [
        (["b", "b"], [[0.5, 0.5]]),
        (["b"], [[0.5, 0.25, 0.25]]),
        (["b"], [[float("nan"), 0.5]]),
        (["b"], None),
    ],
)
def test_labels_and_scores_of_the_wrong_shape_are_no_answer(predictions: Any, probabilities: Any) -> None:
    with pytest.raises(BundleError, match="did not give 1 labels with 2 probabilities each"):
        checked(bundle("a", "b"), predictions, probabilities, 1)


@pytest.mark.parametrize("numbers", [[1.0, 2.0], [float("inf")], []])
def test_numbers_that_are_not_finite_or_too_many_are_no_answer(numbers: list[float]) -> None:
    with pytest.raises(BundleError, match="did not give 1 finite numbers"):
        checked(bundle(), numbers, None, 1)


def test_columns_must_be_there_and_of_one_length() -> None:
    assert row_count({"x": [1, 2], "z": ["a", "b"], "more": []}, CONTRACT.features) == 2
    with pytest.raises(BundleError, match="not given: z"):
        row_count({"x": [1]}, CONTRACT.features)
    with pytest.raises(BundleError, match="different lengths"):
        row_count({"x": [1], "z": []}, CONTRACT.features)
