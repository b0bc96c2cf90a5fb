from __future__ import annotations

import re

from trunkline.evaluation.reports.rendering import render

ANNEX_IV = [
    *(f"1({letter})" for letter in "abcdefgh"),
    *(f"2({letter})" for letter in "abcdefgh"),
    *"3456789",
]
"""The points of Annex IV of Regulation (EU) 2024/1689, in its order."""


def points_of(number: str) -> list[str]:
    """Return the points that an item is about: `1(c)-(d)` is two."""
    point, *letters = number[0], *re.findall(r"\((\w)\)", number)
    if not letters:
        return [point]
    return [f"{point}({chr(letter)})" for letter in range(ord(letters[0]), ord(letters[-1]) + 1)]


def items() -> list[list[str]]:
    """Return the cells of each item: its number, what it asks, what the card gives, what a person writes."""
    _, _, *lines = render("annex.md").splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_point_of_annex_iv_is_there_once_and_in_its_order() -> None:
    assert [point for number, *_ in items() for point in points_of(number)] == ANNEX_IV


def test_each_item_says_what_a_person_must_still_write() -> None:
    for number, asks, card, human in items():
        assert len({asks, card, human}) == 3, number
        assert "nothing" not in (asks, human), number


def test_the_table_says_where_the_card_gives_nothing() -> None:
    assert "| 5 | Risk management system (Article 9) | nothing | All of it |" in render("annex.md")


def test_the_resources_of_training_are_on_the_card_since_they_are_measured() -> None:
    (card,) = [card for number, _, card, _ in items() if number == "2(c)"]

    assert "time, processor time, memory and energy" in card
