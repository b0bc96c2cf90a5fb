from __future__ import annotations

from trunkline.evaluation.reports.annex import ITEMS, annex_table


def test_every_point_of_annex_iv_is_there_and_says_what_a_person_must_write() -> None:
    points = [item.number[0] for item in ITEMS]

    assert sorted(set(points)) == list("123456789")
    assert all(item.human for item in ITEMS)


def test_the_table_says_where_the_card_gives_nothing() -> None:
    assert "| 5 | Risk management system (Article 9) | nothing | All of it |" in annex_table()


def test_the_resources_of_training_are_on_the_card_since_they_are_measured() -> None:
    (item,) = [item for item in ITEMS if item.number == "2(c)"]

    assert "time, processor time, memory and energy" in item.card
