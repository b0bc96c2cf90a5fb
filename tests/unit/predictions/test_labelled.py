from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import DataError
from trunkline.predictions import GroundTruth, Prediction
from trunkline.predictions.labelled import Labelled, label_answers
from trunkline.tasks import task_of

Answer = Callable[..., Prediction]
Truth = Callable[..., dict[str, tuple[GroundTruth, ...]]]


def outcomes(labelled: Labelled) -> list[str]:
    return [labelled.paired.classes[code] for code in labelled.paired.truth]


def test_answers_of_one_user_are_known_to_belong_together(
    contract: Contract, answer: Answer, truth: Truth
) -> None:
    answers = [answer(row, user=user) for row, user in enumerate(("b", "a", "", "b", ""))]
    known = truth({one.id: "No" for one in answers})
    users = label_answers(answers, known, contract, task_of(contract)).paired.users
    assert users is not None
    assert users.tolist() == [0, 1, 2, 0, 3]
    assert label_answers(answers[:3], known, contract, task_of(contract)).paired.users is None


def test_only_answers_with_a_known_outcome_are_labelled_oldest_first(
    contract: Contract, answer: Answer, truth: Truth
) -> None:
    answers = [answer(3, score=0.9), answer(1, score=0.2), answer(2)]
    labelled = label_answers(
        answers, truth({"p1": "No", "p3": "Yes", "p9": "Yes"}), contract, task_of(contract)
    )
    assert outcomes(labelled) == ["No", "Yes"]
    assert labelled.paired.labels.tolist() == [0, 1]
    assert labelled.paired.probabilities is not None
    assert labelled.paired.probabilities[:, 1].tolist() == [0.2, 0.9]


def test_another_bundles_answers_are_left_out(contract: Contract, answer: Answer, truth: Truth) -> None:
    answers = [answer(1), answer(2, bundle="sha256:two")]
    labelled = label_answers(
        answers, truth({"p1": "No", "p2": "Yes"}), contract, task_of(contract), bundle="sha256:two"
    )
    assert outcomes(labelled) == ["Yes"]


def test_the_newest_are_kept(contract: Contract, answer: Answer, truth: Truth) -> None:
    known = truth({"p1": "No", "p2": "Yes", "p3": "Yes"})
    assert (
        len(label_answers([answer(3), answer(1), answer(2)], known, contract, task_of(contract), newest=2))
        == 2
    )
    assert outcomes(label_answers([answer(3), answer(1)], known, contract, task_of(contract), newest=1)) == [
        "Yes"
    ]


def test_a_silent_answer_takes_the_truth_of_the_answer_that_the_user_got(
    contract: Contract, answer: Answer, truth: Truth
) -> None:
    silent = answer(1, id="s1", arm="silent", answered="p1")
    assert outcomes(label_answers([silent], truth({"p1": "No"}), contract, task_of(contract))) == ["No"]


def test_an_outcome_that_the_contract_does_not_know_is_refused(
    contract: Contract, answer: Answer, truth: Truth
) -> None:
    with pytest.raises(DataError, match=r"one of No, Yes.*'yes'"):
        label_answers([answer(1)], truth({"p1": "yes"}), contract, task_of(contract))


def test_boolean_outcomes_are_matched_with_their_words(answer: Answer, truth: Truth) -> None:
    paid = Contract(
        name="paid",
        columns=(Column(name="x", type="number"), Column(name="paid", type="boolean", role=Role.OUTCOME)),
    )
    logged = answer(1, outputs={"prediction": "true", "probabilities": {"false": 0.2, "true": 0.8}})
    labelled = label_answers([logged], truth({"p1": True}), paid, task_of(paid))
    assert outcomes(labelled) == ["true"]
    assert labelled.paired.labels.tolist() == [1]


def test_regression_gives_numbers_and_refuses_words(answer: Answer, truth: Truth) -> None:
    rent = Contract(
        name="rent",
        columns=(Column(name="x", type="number"), Column(name="rent", type="number", role=Role.OUTCOME)),
    )
    logged = answer(1, outputs={"prediction": 7.5})
    labelled = label_answers([logged], truth({"p1": 8}), rent, task_of(rent))
    paired = labelled.paired
    assert paired.truth.dtype == np.float64
    assert (paired.truth[0], paired.labels[0], paired.probabilities) == (8.0, 7.5, None)
    with pytest.raises(DataError, match=r"answer p1 .*rent must be a number.*much"):
        label_answers([logged], truth({"p1": "much"}), rent, task_of(rent))


def test_nothing_known_is_an_empty_table(contract: Contract, answer: Answer) -> None:
    labelled = label_answers([answer(1)], {}, contract, task_of(contract))
    assert (len(labelled), labelled.paired.probabilities) == (0, None)
