"""The rule of a column in words."""

from __future__ import annotations

import pytest

from trunkline.core.contract import Column
from trunkline.inputs import input_of


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (
            Column(name="x", type="integer", minimum=0, maximum=120, unit="years"),
            "a whole number from 0 to 120 (years)",
        ),
        (Column(name="x", type="category", categories=("Female", "Male")), "one of Female, Male"),
        (Column(name="x", type="number", minimum=0.5), "a number of at least 0.5"),
        (Column(name="x", type="number", maximum=2), "a number of at most 2"),
        (Column(name="x", type="boolean"), "true or false"),
        (Column(name="x", type="text", nullable=True), "a text, or null"),
        (Column(name="x", type="integer", unit="days", nullable=True), "a whole number (days), or null"),
    ],
)
def test_the_rule_of_a_column_reads_as_words(column: Column, words: str) -> None:
    assert input_of(column).rule() == words


def test_the_rule_of_a_column_with_many_categories_stays_short() -> None:
    column = Column(name="town", type="category", categories=tuple(f"town {number}" for number in range(300)))

    assert input_of(column).rule().endswith("town 19 and 280 more")
