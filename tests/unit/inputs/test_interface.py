from __future__ import annotations

from typing import Any

import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.decision import Decision
from trunkline.inputs.interface import decision_change, interface_changes, same_question


def contract(*columns: Column, outcome: tuple[str, ...] = ("no", "yes"), **changes: Any) -> Contract:
    answer = Column(name="repaid", type="category", role=Role.OUTCOME, categories=outcome)
    return Contract(
        name="credit",
        columns=(
            Column(name="income", type="number", minimum=0, maximum=1000, unit="euro"),
            *columns,
            changes.get("answer", answer),
        ),
        positive=changes.get("positive", "yes"),
    )


def numbers(**changes: Any) -> Contract:
    """Return a contract whose outcome is a number."""
    return contract(
        answer=Column(name="price", type="number", role=Role.OUTCOME).model_copy(update=changes), positive=""
    )


def month(**changes: Any) -> Column:
    return Column(name="month", type="integer", minimum=1, maximum=12).model_copy(update=changes)


def region(*categories: str) -> Column:
    return Column(name="region", type="category", categories=categories)


def code(**rules: Any) -> Column:
    return Column(name="code", type="text", **rules)


BREAKING = {
    "a new field that must be sent": ((), (month(),), "must now send `month`"),
    "a field that is refused now": ((month(),), (), "no longer send `month`"),
    "null no longer": ((month(nullable=True),), (month(),), "`month`"),
    "a narrower range": ((month(),), (month(maximum=6),), "from 1 to 6"),
    "an end where there was none": ((month(minimum=None),), (month(),), "narrower"),
    "a category that is gone": ((region("north", "south"),), (region("north"),), "`south`"),
    "categories where any text was taken": ((region(),), (region("north"),), "`north`"),
    "another type": ((month(type="number"),), (month(),), "whole number"),
    "a wider type with a narrower range": ((month(),), (month(type="number", maximum=2),), "from 1 to 2"),
    "another unit": ((month(unit="months"),), (month(unit="days"),), "in days"),
    "an audit column that the model sees now": ((month(role=Role.AUDIT),), (month(),), "must now send"),
}
COMPATIBLE = {
    "a new field that may be null": ((), (month(nullable=True),), "may now send `month`"),
    "a new column for audits": ((), (month(role=Role.AUDIT),), "may now send `month`"),
    "null from now on": ((month(),), (month(nullable=True),), "leave out `month`"),
    "a wider range": ((month(maximum=6),), (month(),), "wider"),
    "one more category": ((region("north"),), (region("north", "south"),), "`south`"),
    "a wider type": ((month(),), (month(type="number"),), "a number"),
}


@pytest.mark.parametrize("case", BREAKING)
def test_what_breaks_a_caller_is_named(case: str) -> None:
    before, after, words = BREAKING[case]
    found = interface_changes(contract(*before), contract(*after))

    assert found[0].breaking
    assert words in found[0].words


@pytest.mark.parametrize("case", COMPATIBLE)
def test_what_breaks_nobody_is_said_and_not_called_breaking(case: str) -> None:
    before, after, words = COMPATIBLE[case]
    (only,) = interface_changes(contract(*before), contract(*after))

    assert not only.breaking
    assert words in only.words


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (contract(outcome=("maybe", "no", "yes")), "now also `maybe`"),
        (contract(answer=Column(name="late", type="boolean", role=Role.OUTCOME), positive=""), "`late`"),
        (numbers(), "regression"),
    ],
)
def test_another_answer_breaks_who_reads_it(after: Contract, words: str) -> None:
    found = interface_changes(contract(), after)

    assert found[0].breaking
    assert words in found[0].words


def test_the_same_number_in_another_unit_is_another_answer() -> None:
    assert not same_question(numbers(unit="euro"), numbers(unit="cent"))
    assert interface_changes(numbers(unit="euro"), numbers(unit="cent"))[0].breaking


@pytest.mark.parametrize(
    "words", [{"description": "said better"}, {"protected": True}, {"bands": (1.0,)}], ids=str
)
def test_what_no_caller_sees_is_no_change(words: dict[str, Any]) -> None:
    assert interface_changes(contract(month()), contract(month(**words))) == ()


def test_another_threshold_answers_otherwise_and_breaks_nobody() -> None:
    low, high = (Decision(positive="yes", threshold=value, reason="") for value in (0.2, 0.6))

    assert decision_change(low, low.model_copy(update={"reason": "chosen"})) == ()
    assert decision_change(None, None) == ()
    for before, after, words in ((None, low, "0.2"), (low, high, "0.6"), (high, None, "likelier")):
        (only,) = decision_change(before, after)
        assert not only.breaking
        assert words in only.words


def test_what_breaks_comes_first() -> None:
    found = interface_changes(
        contract(), contract(region("north").model_copy(update={"nullable": True}), month())
    )

    assert [one.breaking for one in found] == [True, False]


@pytest.mark.parametrize(
    ("before", "after", "breaks"),
    [
        ({}, {"patterns": ("^a",)}, True),
        ({"patterns": ("^a",)}, {"patterns": ("^b",)}, True),
        ({"patterns": ("^a", "z$")}, {"patterns": ("^a",)}, False),
        ({"longest": 5}, {"longest": 4}, True),
        ({"longest": 4}, {"longest": 5}, False),
        ({}, {"shortest": 1}, True),
    ],
)
def test_a_rule_of_a_text_that_refuses_more_breaks_callers(
    before: dict[str, Any], after: dict[str, Any], breaks: bool
) -> None:
    found = interface_changes(contract(code(**before)), contract(code(**after)))
    assert [change.breaking for change in found] == [breaks]


def test_categories_become_a_text_whose_rule_refuses_one() -> None:
    before = Column(name="code", type="category", categories=("ab", "cd"))
    assert interface_changes(contract(before), contract(code(patterns=("^a",))))[0].breaking
    assert not interface_changes(contract(before), contract(code(longest=2)))[0].breaking
