from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from trunkline.core.contract import Contract
from trunkline.core.decision import Decision
from trunkline.tasks import Answers, task_of
from trunkline.tasks.classification.answers import Classification

TASK = Classification()


def test_labels_become_text_and_scores_floats() -> None:
    answers = TASK.checked(
        [np.array(["b"]), np.array([[0.25, 0.75]], dtype=np.float32)], 1, classes=("a", "b")
    )
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
    answers = TASK.checked([np.array(["b", "b", "b"]), found], 3, classes=classes, decision=at)
    assert answers.predictions.tolist() == ["a", "b", "a"]
    assert answers.predictions.dtype == object


@pytest.mark.parametrize("classes", [("a", "c"), ("a", "b", "c")])
def test_a_threshold_that_does_not_fit_the_classes_is_no_answer(classes: tuple[str, ...]) -> None:
    at = Decision(positive="b", threshold=0.8, reason="")
    with pytest.raises(ValueError, match="threshold"):
        TASK.checked([["a"], [[1 / len(classes)] * len(classes)]], 1, classes=classes, decision=at)


@pytest.mark.parametrize(
    ("predictions", "probabilities"),
    [
        (["b", "b"], [[0.5, 0.5]]),
        (["b"], [[0.5, 0.25, 0.25]]),
        (["b"], [[0.5], [0.5, 0.25]]),
        (["b"], [[float("nan"), 0.5]]),
        (["b"], None),
    ],
)
def test_labels_and_scores_of_the_wrong_shape_are_no_answer(predictions: Any, probabilities: Any) -> None:
    with pytest.raises(ValueError, match="1 labels with 2 probabilities each"):
        TASK.checked([predictions, probabilities], 1, classes=("a", "b"))


def test_the_score_that_is_watched_is_the_positive_classs_or_the_likeliest(
    contract: Contract, many: Contract
) -> None:
    two = TASK.answers(
        [{"prediction": "No", "probabilities": {"No": 0.8, "Yes": 0.2}}, {"prediction": "No"}], contract
    )
    assert TASK.watched(two, contract).scores[0] == 0.2
    assert np.isnan(TASK.watched(two, contract).scores[1])
    three = TASK.answers(
        [{"prediction": "pear", "probabilities": {"apple": 0.3, "pear": 0.5, "plum": 0.2}}], many
    )
    assert TASK.watched(three, many).scores.tolist() == [0.5]


def test_classes_in_another_order_are_the_same_answer() -> None:
    one = Answers(np.array(["a"], dtype=object), np.array([[0.7, 0.3]]), ("a", "b"))
    two = Answers(np.array(["a"], dtype=object), np.array([[0.3, 0.7]]), ("b", "a"))
    found = TASK.apart(one, two)
    assert (found.other.tolist(), found.distance.tolist()) == ([False], [0.0])


@pytest.mark.parametrize(
    "found",
    [
        Answers(np.array(["a"], dtype=object)),
        Answers(np.array(["a"], dtype=object), np.array([[1.0]]), ("a",)),
        Answers(np.array(["a", "b"], dtype=object), np.array([[0.7, 0.3], [0.5, 0.5]]), ("a", "b")),
        Answers(np.array(["a"], dtype=object), np.array([[np.nan, 0.3]]), ("a", "b")),
    ],
)
def test_answers_of_another_form_or_no_number_are_infinitely_far(found: Answers) -> None:
    one = Answers(np.array(["a"], dtype=object), np.array([[0.7, 0.3]]), ("a", "b"))
    assert TASK.apart(one, found).distance.tolist() == [np.inf]


def test_the_baseline_counts_classes_by_name(many: Contract) -> None:
    truth, seen = np.array(["apple", "plum"], dtype=object), np.array(["plum"] * 3 + ["apple"], dtype=object)
    test, train = (TASK.pair(rows, Answers(rows), many) for rows in (truth, seen))
    found = TASK.baseline(test, train)
    assert [found.classes[place] for place in found.labels] == ["plum", "plum"]
    assert found.probabilities is not None
    assert found.probabilities[0].tolist() == [0.25, 0.0, 0.75]


def test_a_contract_with_classes_is_a_classification(contract: Contract) -> None:
    assert task_of(contract).name == contract.task == "classification"
