"""What an event says of an item, whatever the outcome's column holds."""

from __future__ import annotations

from typing import Any

import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import ContractError
from trunkline.tasks import task_of


def contract(positive: str = "", **outcome: Any) -> Contract:
    return Contract(
        name="shop",
        answer="ranking",
        positive=positive,
        columns=(
            Column(name="list", type="text", role=Role.KEY),
            Column(name="x", type="number"),
            Column(name="item", type="text", role=Role.ITEM),
            Column(name="y", role=Role.OUTCOME, **outcome),
        ),
    )


@pytest.mark.parametrize(
    ("about", "values", "right"),
    [
        (contract(type="boolean", categories=("false", "true")), [True, False], [True, False]),
        (contract("click", type="category", categories=("view", "click")), ["click", "view"], [True, False]),
        (contract(type="category", categories=("0", "1"), coded=True), [1, 0], [True, False]),
        (contract(type="integer"), [3, 0], [True, False]),
        (contract(type="number", bands=(2.0, 4.0)), [4.0, 3.5], [True, False]),
    ],
)
def test_an_event_says_whether_the_item_was_right(
    about: Contract, values: list[Any], right: list[bool]
) -> None:
    task = task_of(about)
    task.check(about)
    assert (
        list(task.truth({str(place): value for place, value in enumerate(values)}, about).values()) == right
    )


def test_an_outcome_of_which_no_value_is_the_right_one_is_refused() -> None:
    about = contract(type="category", categories=("red", "blue"))
    with pytest.raises(ContractError, match="nobody can tell which outcome"):
        task_of(about).check(about)
