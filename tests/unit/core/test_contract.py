"""The contract: what columns are for, what values must be, and which contracts make no sense."""

from __future__ import annotations

from typing import Any

import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import ContractError

AGE = Column(name="age", type="integer", unit="years", minimum=0, maximum=120, protected=True)
SEX = Column(name="sex", type="category", role=Role.AUDIT, categories=("Female", "Male"), protected=True)
KEY = Column(name="arrest_id", type="integer", role=Role.KEY)
YEAR = Column(name="year", type="integer", role=Role.TIME)
RELEASED = Column(name="released", type="category", role=Role.OUTCOME, categories=("No", "Yes"))
COLUMNS = (KEY, YEAR, AGE, SEX, RELEASED)


def contract(*columns: Column, **changes: Any) -> Contract:
    whole: dict[str, Any] = {"name": "arrests", "columns": columns or COLUMNS, "positive": "Yes"}
    return Contract.model_validate(whole | changes)


def test_columns_are_found_by_what_they_are_for() -> None:
    made = contract()
    assert made.outcome == RELEASED
    assert made.features == (AGE,)
    assert made.protected == (AGE, SEX)
    assert made.inputs == (KEY, YEAR, AGE, SEX)
    assert made.logged == (YEAR, AGE, SEX), "keys are never logged in the clear"
    assert made.of_role(Role.TIME) == YEAR
    assert made.of_role(Role.USER) is None


def test_features_keep_the_order_in_which_they_were_written() -> None:
    checks = Column(name="checks", type="integer")
    assert [column.name for column in contract(checks, AGE, RELEASED).features] == ["checks", "age"]
    assert [column.name for column in contract(AGE, checks, RELEASED).features] == ["age", "checks"]


def test_a_canary_holds_on_to_the_user_and_else_to_the_key() -> None:
    user = Column(name="person", type="text", role=Role.USER)
    assert contract().sticky == KEY
    assert contract(*COLUMNS, user).sticky == user
    assert contract(AGE, RELEASED).sticky is None


def test_a_column_is_found_by_its_name() -> None:
    assert contract().column("age") == AGE
    with pytest.raises(ContractError, match="no column agee") as caught:
        contract().column("agee")
    assert "age" in caught.value.next_step


@pytest.mark.parametrize(
    ("outcome", "positive", "task"),
    [
        (RELEASED, "Yes", "classification"),
        (Column(name="y", type="boolean", role=Role.OUTCOME), "", "classification"),
        (Column(name="y", type="number", role=Role.OUTCOME), "", "regression"),
        (Column(name="y", type="integer", role=Role.OUTCOME), "", "regression"),
    ],
)
def test_the_type_of_the_outcome_makes_the_task(outcome: Column, positive: str, task: str) -> None:
    assert contract(AGE, outcome, positive=positive).task == task


@pytest.mark.parametrize(
    ("columns", "changes", "words"),
    [
        ((AGE,), {"positive": ""}, "0 columns have the role 'outcome'"),
        (
            (AGE, RELEASED, RELEASED.model_copy(update={"name": "again"})),
            {},
            "2 columns have the role 'outcome'",
        ),
        ((*COLUMNS, KEY.model_copy(update={"name": "other"})), {}, "2 columns have the role 'key'"),
        ((*COLUMNS, YEAR.model_copy(update={"name": "other"})), {}, "2 columns have the role 'time'"),
        ((SEX, RELEASED), {}, "no column has the role 'feature'"),
        ((AGE, AGE, RELEASED), {}, "columns named twice: age"),
        (COLUMNS, {"positive": "Maybe"}, "positive outcome 'Maybe' is not one of"),
    ],
)
def test_a_contract_that_makes_no_sense_is_refused(
    columns: tuple[Column, ...], changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        contract(*columns, **changes)


def test_three_classes_need_no_positive_one() -> None:
    grade = Column(name="grade", type="category", role=Role.OUTCOME, categories=("a", "b", "c"))
    assert contract(AGE, grade, positive="").task == "classification"


def test_a_contract_survives_its_journey_as_json() -> None:
    made = contract()
    assert Contract.from_dict(made.to_dict(), origin="test") == made


def test_an_unknown_role_is_refused() -> None:
    with pytest.raises(ContractError, match=r"columns\.0\.role"):
        Contract.from_dict(
            {"name": "x", "columns": [{"name": "age", "type": "integer", "role": "label"}]},
            origin="contract",
            error=ContractError,
        )
