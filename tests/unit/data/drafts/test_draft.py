"""A first contract says what a file holds, asks what it cannot tell, and refuses what cannot be learned."""

from __future__ import annotations

import pandas as pd
import pytest

from trunkline.core.errors import DataError
from trunkline.data.drafts import Answers, Draft, draft, observe
from trunkline.data.drafts.likely import (
    likely_key,
    likely_outcome,
    likely_protected,
    likely_time,
    likely_user,
)

ROWS = 120


def rows(**columns: object) -> pd.DataFrame:
    """Return rows with an outcome and these columns."""
    return pd.DataFrame(columns | {"left": ["no", "yes", "yes"] * (ROWS // 3)})


def drafted(frame: pd.DataFrame, **answers: object) -> Draft:
    given: dict[str, object] = {"outcome": "left", "positive": "yes", "protected": ()} | answers
    return draft(observe(frame), Answers(**given))  # type: ignore[arg-type]


def line(frame: pd.DataFrame, name: str, **answers: object) -> tuple[str, dict[str, object]]:
    """Return how a column is declared."""
    found = next(
        one for one in drafted(frame, **answers).lines if name in (one.attribute, one.keywords.get("alias"))
    )
    return found.annotation, dict(found.keywords)


@pytest.mark.parametrize(
    ("values", "annotation", "keywords"),
    [
        ([1, 2, 3, 4] * 30, "int", {"ge": 1, "le": 4}),
        ([17, 90, 33] * 40, "int", {"ge": 0, "le": 100}),
        ([-17, 90, 33] * 40, "int", {"ge": -20, "le": 100}),
        ([1997, 2003, 2010] * 40, "int", {"ge": 1900, "le": 2100}),
        ([0, 1] * 60, "int", {"isin": [0, 1]}),
        ([0.25, 0.5, 1.0] * 40, "float", {"ge": 0, "le": 1}),
        ([1.0, None, 3.0, 900.0] * 30, "pd.Int64Dtype", {"ge": 0, "le": 1000, "nullable": True}),
        ([True, False] * 60, "bool", {}),
        ([True, None, False] * 40, "pd.BooleanDtype", {"nullable": True}),
        (["b", "a", None] * 40, "str", {"isin": ["a", "b"], "nullable": True}),
        ([f"words and {n}" for n in range(ROWS)], "str", {"str_length": (0, 50)}),
        ([f"code{n}" for n in range(ROWS)], "str", {"role": "audit", "str_length": (0, 20)}),
    ],
)
def test_a_column_is_declared_by_what_it_holds(
    values: list[object], annotation: str, keywords: dict[str, object]
) -> None:
    assert line(rows(it=values, x=[1, 2, 3] * 40), "it") == (annotation, keywords)


@pytest.mark.parametrize(
    ("name", "attribute"),
    [
        ("hours-per-week", "hours_per_week"),
        ("class", "column_class"),
        ("2nd", "column_2nd"),
        ("Config", "column_Config"),
        ("validate", "column_validate"),
        ("int", "column_int"),
        ("pd", "column_pd"),
        ("Fläche m²", "Fläche_m2"),
        ("½", "column_1_2"),
        ("ﬁn", "fin"),
        ("€", "column"),
        ("__x", "x"),
    ],
)
def test_a_name_that_python_does_not_allow_becomes_an_alias(name: str, attribute: str) -> None:
    found = drafted(rows(**{name: [1, 2, 3] * 40})).lines[0]
    assert (found.attribute, found.keywords["alias"]) == (attribute, name)


def test_names_that_would_be_one_attribute_stay_apart() -> None:
    found = drafted(rows(**{"a-b": [1, 2, 3] * 40, "a b": [1, 2, 3] * 40}))
    assert [one.attribute for one in found.lines] == ["a_b", "a_b_2", "left"]


def test_what_tells_nothing_is_left_out_with_its_reason() -> None:
    index = {"Unnamed: 0": range(ROWS)}
    found = drafted(rows(x=[1, 2, 3] * 40, none=[None] * ROWS, same=["DE"] * ROWS, **index))
    assert set(found.left_out) == {"none", "same", "Unnamed: 0"}
    assert [one.attribute for one in found.lines] == ["x", "left"]


def test_the_outcome_stands_last_and_rows_without_it_are_counted() -> None:
    frame = pd.DataFrame({"left": ["no", None, "yes"] * 40, "x": [1, 2, 3] * 40})
    found = drafted(frame)
    assert [one.attribute for one in found.lines] == ["x", "left"]
    assert found.unlabelled == 40
    assert "nullable" not in found.lines[-1].keywords


def test_a_protected_attribute_is_asked_for_and_never_guessed() -> None:
    frame = rows(sex=["f", "m"] * 60, age=list(range(20, 60)) * 3)
    asked = drafted(frame, protected=("sex", "age"))
    assert [one.keywords.get("protected") for one in asked.lines] == [True, True, None]
    assert len(asked.lines[1].keywords["bands"]) == 3  # type: ignore[arg-type]
    nobody = drafted(frame, protected=None)
    assert not any("protected" in one.keywords for one in nobody.lines)
    assert {one.partition(":")[0] for one in nobody.open} == {"sex", "age"}


def test_times_are_read_as_they_are_written() -> None:
    found = drafted(rows(x=[1, 2, 3] * 40, at=["31.12.2023", "01.02.2024"] * 60), time="at")
    assert found.readings == {"at": 'pd.to_datetime(COLUMN, format="%d.%m.%Y")'}
    assert dict(found.lines[1].keywords) == {"role": "time"}


@pytest.mark.parametrize(
    ("values", "said", "task"),
    [
        ([0.5, 1.5, 2.5] * 40, None, "regression"),
        ([0, 1] * 60, None, "classification"),
        ([1, 2, 3, 4, 5] * 24, False, "regression"),
        ([1, 2, 3, 4, 5] * 24, True, "classification"),
        (list(range(40)) * 3, None, "regression"),
        (["a", "b", "c"] * 40, None, "classification"),
    ],
)
def test_the_task_is_what_the_outcome_holds(values: list[object], said: bool | None, task: str) -> None:
    frame = pd.DataFrame({"x": [1, 2, 3] * 40, "y": values})
    assert drafted(frame, outcome="y", positive="1", of_classes=said).contract.task == task


@pytest.mark.parametrize(
    ("frame", "answers", "said"),
    [
        (rows(x=[1] * 60 + [2] * 60), {"outcome": "lft"}, "no such column"),
        (rows(x=[1] * 60 + [2] * 60), {"positive": ""}, "positive class"),
        (rows(x=[1] * 60 + [2] * 60), {"positive": "maybe"}, "positive class"),
        (rows(x=[1] * 60 + [2] * 60), {"key": "x"}, "name each row"),
        (rows(x=list(range(ROWS))), {"key": "x", "user": "x"}, "two roles"),
        (rows(x=["a", "b"] * 60), {"time": "x"}, "event time"),
        (rows(x=["a", "b"] * 60), {"of_classes": False}, "no amounts"),
        (rows(y=[0.5, 1.5, 2.5] * 40), {"outcome": "y", "of_classes": True}, "no classes"),
        (rows(y=[1, 2, 3] * 40), {"outcome": "y"}, "amounts or 3 classes"),
        (rows(y=[1] * ROWS), {"outcome": "y"}, "cannot be learned"),
        (rows(y=[f"a b {n}" for n in range(ROWS)]), {"outcome": "y"}, "cannot be learned"),
        (rows(), {}, "No column is left"),
    ],
)
def test_what_cannot_be_is_refused(frame: pd.DataFrame, answers: dict[str, object], said: str) -> None:
    with pytest.raises(DataError, match=said):
        drafted(frame, **answers)


def test_lists_in_cells_are_refused() -> None:
    with pytest.raises(DataError, match="single values"):
        observe(pd.DataFrame({"x": [[1], [2]]}))


def test_names_say_what_a_column_probably_is() -> None:
    columns = observe(
        rows(
            order_id=range(ROWS),
            customer_id=[1, 2, 3] * 40,
            at=["2024-01-01", "2024-01-02"] * 60,
            gender=["f", "m"] * 60,
            churn=["no", "yes"] * 60,
        )
    )
    assert likely_outcome(columns) == "churn"
    assert likely_key(columns) == "order_id"
    assert likely_user(columns) == "customer_id"
    assert likely_time(columns) == "at"
    assert likely_protected(columns) == ("gender",)
    assert likely_outcome(observe(rows(target=[1, 2] * 60, label=[1, 2] * 60))) == ""
