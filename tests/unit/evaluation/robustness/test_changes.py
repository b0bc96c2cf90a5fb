from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from trunkline.core.contract import Column
from trunkline.core.errors import PolicyError
from trunkline.core.policy.gates import Metamorphic
from trunkline.evaluation.robustness.changes import change_words, changed, check_change

CHECKS = Column(name="checks", type="integer", minimum=0, maximum=6)
SKILL = Column(name="skill", type="number", nullable=True)
COLOUR = Column(name="colour", type="category", categories=("Black", "White"))
CITIZEN = Column(name="citizen", type="boolean", nullable=True)


def rule(column: Column, **change: Any) -> Metamorphic:
    return Metamorphic.model_validate({"name": "t", "column": column.name, "expect": "same"} | change)


def test_rows_that_adding_takes_out_of_the_contract_are_left_out() -> None:
    found = changed(pd.Series([0, 5, 6]), CHECKS, rule(CHECKS, add=1))

    assert found.moved.tolist() == [True, True, False]
    assert found.outside.tolist() == [False, False, True]
    assert found.values[found.moved].tolist() == [1, 6]
    assert found.values.dtype == np.int64


def test_a_whole_number_that_would_not_stay_whole_leaves_the_contract() -> None:
    found = changed(pd.Series([0, 3, 4]), CHECKS, rule(CHECKS, multiply=0.5))

    # half of nothing is nothing: that row does not move
    assert found.moved.tolist() == [False, False, True]
    assert found.outside.tolist() == [False, True, False]


def test_multiplying_by_zero_is_a_change() -> None:
    found = changed(pd.Series([0.0, 2.5]), SKILL, rule(SKILL, multiply=0.0))

    assert found.moved.tolist() == [False, True]
    assert found.values.tolist() == [0.0, 0.0]


def test_nulls_do_not_move_when_added_to() -> None:
    found = changed(pd.Series([1.0, np.nan]), SKILL, rule(SKILL, add=-1))

    assert found.moved.tolist() == [True, False]
    assert not found.outside.any()


def test_rows_that_have_the_value_already_do_not_move_and_nulls_do() -> None:
    found = changed(pd.Series([1.0, 2.0, np.nan]), SKILL, rule(SKILL, set_to=2))

    assert found.moved.tolist() == [True, False, True]
    assert found.values.tolist() == [2.0, 2.0, 2.0]


def test_values_are_exchanged() -> None:
    values = pd.Series(["Black", "White", "Green", None], dtype="str")

    found = changed(values, COLOUR, rule(COLOUR, swap=["Black", "White"]))

    assert found.moved.tolist() == [True, True, False, False]
    assert found.values[found.moved].tolist() == ["White", "Black"]


def test_booleans_with_nulls_are_exchanged() -> None:
    values = pd.Series([True, False, None], dtype="boolean")

    found = changed(values, CITIZEN, rule(CITIZEN, swap=[True, False]))

    assert found.moved.tolist() == [True, True, False]
    assert found.values[found.moved].tolist() == [False, True]


def test_numbers_are_exchanged() -> None:
    found = changed(pd.Series([0, 3, 6]), CHECKS, rule(CHECKS, swap=[0, 6]))

    assert found.values[found.moved].tolist() == [6, 0]


@pytest.mark.parametrize(
    ("column", "change", "said"),
    [
        (COLOUR, {"add": 1}, "`add` needs a number"),
        (CITIZEN, {"multiply": 2}, "`multiply` needs a number"),
        (CHECKS, {"add": 0.5}, "`add` of 0.5 gives no other"),
        (COLOUR, {"set_to": "Whit"}, "use White"),
        (CHECKS, {"set_to": 7}, "`set_to` gives it another value"),
        (CHECKS, {"set_to": 1.5}, "`set_to` gives it another value"),
        (CHECKS, {"set_to": "3"}, "`set_to` gives it another value"),
        (SKILL, {"set_to": True}, "`set_to` gives it another value"),
        (CITIZEN, {"set_to": "true"}, "`set_to` gives it another value"),
        (COLOUR, {"swap": ["Black", "Green"]}, "`swap` gives it another value"),
    ],
)
def test_a_change_that_the_contract_forbids_is_refused(
    column: Column, change: dict[str, Any], said: str
) -> None:
    with pytest.raises(PolicyError) as raised:
        check_change(rule(column, **change), column, "gates.robustness.metamorphic.0.column")

    assert said in str(raised.value)
    assert f"gates.robustness.metamorphic.0.column is {column.name}" in str(raised.value)


@pytest.mark.parametrize(
    ("column", "change", "words"),
    [
        (CHECKS, {"add": 1}, "checks plus 1"),
        (SKILL, {"add": -0.5}, "skill minus 0.5"),
        (SKILL, {"multiply": 0}, "skill times 0"),
        (CITIZEN, {"set_to": False}, "citizen set to false"),
        (COLOUR, {"swap": ["Black", "White"]}, "colour swapped between Black and White"),
    ],
)
def test_a_change_that_the_contract_allows_is_taken_and_said_in_words(
    column: Column, change: dict[str, Any], words: str
) -> None:
    check_change(rule(column, **change), column, "key")

    assert change_words(rule(column, **change)) == words
