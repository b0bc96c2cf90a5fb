"""Examples: whatever the contract says, what is drawn keeps it and what is wrong breaks it, at the service's door."""

from __future__ import annotations

import json
from random import Random

import pytest

from trunkline.core.contract import Column
from trunkline.inputs import drawn, input_of
from trunkline.serving.problems import Refused
from trunkline.serving.requests import RequestModel

COLUMNS = [
    Column(name="a", type="integer"),
    Column(name="a", type="integer", minimum=0, maximum=1),
    Column(name="a", type="integer", minimum=0.5, maximum=1.5),
    Column(name="a", type="integer", minimum=2000),
    Column(name="a", type="integer", maximum=-2000, nullable=True),
    Column(name="a", type="number", minimum=0.25, maximum=0.75),
    Column(name="a", type="number", maximum=1e9, nullable=True),
    Column(name="a", type="number", minimum=-1e9),
    Column(name="a", type="boolean", nullable=True),
    Column(name="a", type="category", categories=("x", "y"), nullable=True),
    Column(name="a", type="category", categories=("0", "1"), coded=True, nullable=True),
    Column(name="a", type="time", nullable=True),
    Column(name="a", type="time", minimum=0, maximum=60),
    Column(name="a", type="text"),
    Column(name="a", type="text", nullable=True),
    Column(name="a", type="text", shortest=9, longest=11),
    Column(name="a", type="text", longest=2, nullable=True),
    Column(name="a", type="text", patterns=(r"^\d{5}\Z",), example="10001"),
]


def takes(column: Column, value: object) -> bool:
    """Whether the service takes a value of a column."""
    try:
        RequestModel([column]).row(json.dumps({"a": value}).encode())
    except Refused:
        return False
    return True


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: input_of(column).rule())
def test_what_is_drawn_is_taken(column: Column) -> None:
    random = Random(7)  # noqa: S311 - no secret
    values = [drawn(column, random) for _ in range(200)]
    assert [value for value in values if not takes(column, value)] == []
    assert (None in values) is column.nullable


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: input_of(column).rule())
def test_what_is_wrong_is_refused(column: Column) -> None:
    assert [value for value in input_of(column).wrong() if takes(column, value)] == []
    assert bool(input_of(column).wrong()) is (
        column.type != "text" or bool(column.patterns or column.longest)
    )


def test_both_ends_of_a_range_are_crossed() -> None:
    assert {-1, 2} < set(input_of(Column(name="a", type="integer", minimum=0, maximum=1)).wrong())


def test_texts_are_drawn_from_those_that_are_known() -> None:
    column = Column(name="when", type="text")
    random = Random(7)  # noqa: S311 - no secret
    assert {drawn(column, random, texts={"when": ("1", "2")}) for _ in range(20)} == {"1", "2"}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        (Column(name="a", type="integer", minimum=3), 3),
        (Column(name="a", type="integer", maximum=-3), -3),
        (Column(name="a", type="number", maximum=4), 0),
        (Column(name="a", type="integer", minimum=0.5), 1),
        (Column(name="a", type="boolean"), True),
        (Column(name="a", type="category"), "text"),
    ],
)
def test_an_example_lies_in_the_range(column: Column, value: object) -> None:
    assert input_of(column).example() == value
