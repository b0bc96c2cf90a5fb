from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from trunkline.core.errors import BundleError
from trunkline.evaluation import Scored
from trunkline.evaluation.robustness.asking import evenly, finite_answers, taken

FRAME = pd.DataFrame({"size": [1.0, 2.0, 3.0]})


def test_finite_answers_are_given_back() -> None:
    scored = Scored(FRAME, np.array([1.0, 2.0, 3.0]), None)

    assert finite_answers(lambda _: scored, FRAME) is scored


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_an_answer_that_is_no_number_is_an_error(bad: float) -> None:
    with pytest.raises(BundleError, match="1 of 3 answers are not finite"):
        finite_answers(lambda rows: Scored(rows, np.array([1.0, bad, 3.0]), None), FRAME)


def test_a_row_without_finite_probabilities_counts_once() -> None:
    chances = np.array([[0.5, 0.5], [np.nan, np.nan], [0.1, 0.9]])
    labels = np.array(["a", "a", "b"], dtype=object)

    with pytest.raises(BundleError, match="1 of 3 answers are not finite"):
        finite_answers(lambda rows: Scored(rows, labels, chances, ("a", "b")), FRAME)


def test_rows_without_an_answer_are_an_error() -> None:
    with pytest.raises(BundleError, match="3 rows got 2 answers"):
        finite_answers(lambda rows: Scored(rows, np.array([1.0, 2.0]), None), FRAME)


def test_positions_are_spread_evenly_with_both_ends() -> None:
    assert evenly(101, 3).tolist() == [0, 50, 100]
    assert evenly(2, 5).tolist() == [0, 1]


def test_rows_are_taken_with_their_answers() -> None:
    chances = np.array([[0.9, 0.1], [0.2, 0.8], [0.5, 0.5]])
    scored = Scored(FRAME, np.array(["a", "b", "a"], dtype=object), chances, ("a", "b"))

    found = taken(scored, np.array([1]))

    assert found.frame["size"].tolist() == [2.0]
    assert found.labels.tolist() == ["b"]
    assert found.probabilities is not None
    assert found.probabilities.tolist() == [[0.2, 0.8]]
    assert found.classes == ("a", "b")
