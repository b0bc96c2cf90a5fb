from __future__ import annotations

import numpy as np
import pytest

from trunkline.core.contract import Contract
from trunkline.core.errors import PolicyError
from trunkline.tasks import Answers, task_of
from trunkline.tasks.regression.answers import Regression

TASK = Regression()


def test_a_regression_gives_numbers_alone() -> None:
    answers = TASK.checked([np.array([[1.5], [2.5]], dtype=np.float32), None], 2)
    assert answers.predictions.tolist() == [1.5, 2.5]
    assert answers.probabilities is None


@pytest.mark.parametrize("numbers", [[1.0, 2.0], [float("inf")], [], ["much"]])
def test_numbers_that_are_not_finite_or_too_many_are_no_answer(numbers: list[float]) -> None:
    with pytest.raises(ValueError, match="1 finite numbers"):
        TASK.checked([numbers], 1)


def test_numbers_lie_apart_by_their_own_size_but_near_zero_by_that_of_the_largest() -> None:
    one, two = Answers(np.array([100.0, 0.0])), Answers(np.array([101.0, 0.01]))
    assert TASK.apart(one, two).distance.tolist() == pytest.approx([0.01, 0.1])
    assert not TASK.apart(one, two).other.any()


def test_a_number_that_is_none_is_infinitely_far() -> None:
    assert TASK.apart(Answers(np.array([1.0])), Answers(np.array([np.nan]))).distance.tolist() == [np.inf]


def test_a_contract_with_a_number_is_a_regression_and_an_unknown_task_is_refused(
    regression: Contract,
) -> None:
    assert task_of(regression).name == "regression"
    with pytest.raises(PolicyError, match="tasks"):
        task_of(regression.model_copy(update={"answer": "poetry"}))
