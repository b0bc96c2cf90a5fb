from __future__ import annotations

import numpy as np
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import DataError
from trunkline.tasks import Answers
from trunkline.tasks.classification.pairing import pair_classes


def test_the_positive_class_comes_second_whatever_the_model_calls_first() -> None:
    contract = Contract(
        name="c",
        columns=(
            Column(name="x", type="number"),
            Column(name="y", type="category", role=Role.OUTCOME, categories=("bad", "good")),
        ),
        positive="bad",
    )
    truth, chances = np.array(["bad", "good"], dtype=object), np.array([[0.9, 0.1], [0.2, 0.8]])

    paired = pair_classes(truth, Answers(truth, chances, ("bad", "good")), contract)

    assert paired.classes == ("good", "bad")
    assert paired.probabilities is not None
    assert paired.probabilities[:, 1].tolist() == [0.9, 0.2]
    assert paired.positive == 1


def test_a_class_that_the_model_never_saw_gets_no_probability(many: Contract) -> None:
    truth = np.array(["apple", "plum"], dtype=object)
    labels = np.array(["apple", "pear"], dtype=object)

    paired = pair_classes(truth, Answers(labels, np.array([[0.7, 0.3], [0.4, 0.6]]), ("apple", "pear")), many)

    assert paired.classes == ("apple", "pear", "plum")
    assert paired.probabilities is not None
    assert paired.probabilities[:, 2].tolist() == [0.0, 0.0]


def test_probabilities_of_unknown_classes_are_refused(contract: Contract) -> None:
    truth = np.array(["Yes", "No"], dtype=object)

    with pytest.raises(DataError, match="3 probabilities a row"):
        pair_classes(truth, Answers(truth, np.ones((2, 3)) / 3), contract)


def test_rows_and_answers_must_be_as_many(contract: Contract) -> None:
    truth = np.array(["Yes", "No"], dtype=object)

    with pytest.raises(DataError, match="2 rows have 1 answers"):
        pair_classes(truth, Answers(truth[:1], None), contract)
