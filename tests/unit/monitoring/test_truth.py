from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import DataError
from trunkline.monitoring import label_answers
from trunkline.predictions import GroundTruth, Prediction

Answer = Callable[..., Prediction]
Truth = Callable[..., dict[str, GroundTruth]]


def test_only_answers_with_a_known_outcome_are_labelled_oldest_first(
    contract: Contract, answer: Answer, truth: Truth
) -> None:
    answers = [answer(3, score=0.9), answer(1, score=0.2), answer(2)]
    labelled = label_answers(answers, truth({"p1": "No", "p3": "Yes", "p9": "Yes"}), contract)
    assert labelled.truth.tolist() == ["No", "Yes"]
    assert labelled.labels.tolist() == ["No", "Yes"]
    assert labelled.scores is not None
    assert labelled.scores.tolist() == [0.2, 0.9]


def test_another_bundles_answers_are_left_out(contract: Contract, answer: Answer, truth: Truth) -> None:
    answers = [answer(1), answer(2, bundle="sha256:two")]
    labelled = label_answers(answers, truth({"p1": "No", "p2": "Yes"}), contract, bundle="sha256:two")
    assert labelled.truth.tolist() == ["Yes"]


def test_the_newest_are_kept(contract: Contract, answer: Answer, truth: Truth) -> None:
    known = truth({"p1": "No", "p2": "Yes", "p3": "Yes"})
    assert len(label_answers([answer(3), answer(1), answer(2)], known, contract, newest=2)) == 2
    assert label_answers([answer(3), answer(1)], known, contract, newest=1).truth.tolist() == ["Yes"]


def test_a_shadow_takes_the_truth_of_the_answer_that_the_user_got(
    contract: Contract, answer: Answer, truth: Truth
) -> None:
    shadow = answer(1, id="s1", arm="shadow", answered="p1")
    assert label_answers([shadow], truth({"p1": "No"}), contract).truth.tolist() == ["No"]


def test_an_outcome_that_the_contract_does_not_know_is_refused(
    contract: Contract, answer: Answer, truth: Truth
) -> None:
    with pytest.raises(DataError, match=r"one of No, Yes.*'yes'"):
        label_answers([answer(1)], truth({"p1": "yes"}), contract)


def test_boolean_outcomes_are_matched_with_their_words(answer: Answer, truth: Truth) -> None:
    paid = Contract(
        name="paid",
        columns=(Column(name="x", type="number"), Column(name="paid", type="boolean", role=Role.OUTCOME)),
    )
    logged = answer(1, outputs={"prediction": "true", "probabilities": {"false": 0.2, "true": 0.8}})
    labelled = label_answers([logged], truth({"p1": True}), paid)
    assert labelled.truth.tolist() == labelled.labels.tolist() == ["true"]


def test_regression_gives_numbers_and_refuses_words(answer: Answer, truth: Truth) -> None:
    rent = Contract(
        name="rent",
        columns=(Column(name="x", type="number"), Column(name="rent", type="number", role=Role.OUTCOME)),
    )
    logged = answer(1, outputs={"prediction": 7.5})
    labelled = label_answers([logged], truth({"p1": 8}), rent)
    assert labelled.truth.dtype == np.float64
    assert (labelled.truth[0], labelled.labels[0], labelled.probabilities) == (8.0, 7.5, None)
    with pytest.raises(DataError, match=r"answer p1 .*rent must be a number.*much"):
        label_answers([logged], truth({"p1": "much"}), rent)


def test_nothing_known_is_an_empty_table(contract: Contract, answer: Answer) -> None:
    labelled = label_answers([answer(1)], {}, contract)
    assert (len(labelled), labelled.scores) == (0, None)
