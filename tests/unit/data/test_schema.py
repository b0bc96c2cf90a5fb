from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest

from trunkline.core.contract import Column
from trunkline.core.errors import ContractError, DataError
from trunkline.data import check_rows, contract_from, unchecked
from trunkline.inputs import input_of
from trunkline.serving.problems import Refused
from trunkline.serving.requests import RequestModel


def model(**fields: tuple[Any, Any]) -> type[pa.DataFrameModel]:
    outcome = {"y": (str, pa.Field(isin=["a", "b"], metadata={"role": "outcome", "positive": "b"}))}
    every = ({} if "y" in fields else outcome) | {"x": (int, pa.Field())} | fields
    body: dict[str, Any] = {name: field for name, (_, field) in every.items()}
    body["__annotations__"] = {name: kind for name, (kind, _) in every.items()}
    return type("Made", (pa.DataFrameModel,), body)


def column_of(kind: Any, **settings: Any) -> Column:
    return contract_from(model(it=(kind, pa.Field(**settings)))).column("it")


@pytest.mark.parametrize(
    ("kind", "settings", "expected"),
    [
        (int, {}, "integer"),
        (pd.Int64Dtype, {"nullable": True}, "integer"),
        (float, {}, "number"),
        (bool, {}, "boolean"),
        (str, {}, "text"),
        (pd.Timestamp, {}, "time"),
        (str, {"metadata": {"role": "time"}}, "time"),
        (int, {"metadata": {"role": "time"}}, "integer"),
        (int, {"isin": [1, 2]}, "category"),
        (pd.Int64Dtype, {"isin": [1, 2], "nullable": True}, "category"),
        (bool, {"isin": [True, False]}, "boolean"),
        (str, {"isin": ["b", "a"]}, "category"),
        (pd.CategoricalDtype, {"isin": ["b", "a"]}, "category"),
    ],
)
def test_types_follow_annotations(kind: Any, settings: dict[str, Any], expected: str) -> None:
    assert column_of(kind, **settings).type == expected


def test_categories_keep_the_declared_order() -> None:
    assert column_of(str, isin=["z", "a", "m"]).categories == ("z", "a", "m")


def test_codes_keep_the_declared_order_and_their_type() -> None:
    column = column_of(int, isin=np.array([10, 9, 2]))
    assert (column.categories, column.coded, column.minimum) == (("10", "9", "2"), True, None)
    assert [input_of(column).label(text) for text in column.categories] == [10, 9, 2]
    assert column_of(int, isin={10, 9, 2}).categories == ("2", "9", "10")


def test_the_range_of_a_time_is_kept_as_instants() -> None:
    column = column_of(pd.Timestamp, ge=pd.Timestamp("2011-01-01"), le=pd.Timestamp("2012-12-31T23:00"))
    assert column.minimum == 1293840000
    assert "not before 2011-01-01T00:00:00, not after 2012-12-31T23:00:00" in input_of(column).rule()


def test_categories_of_a_set_have_an_order_that_every_process_agrees_on() -> None:
    assert column_of(str, isin={"z", "a", "m"}).categories == ("a", "m", "z")


def test_metadata_and_description_are_carried_over() -> None:
    column = column_of(
        int,
        description="How old.",
        metadata={"role": "audit", "unit": "years", "protected": True, "bands": [18, 65]},
    )
    assert (column.role, column.unit, column.protected) == ("audit", "years", True)
    assert (column.bands, column.description) == ((18.0, 65.0), "How old.")


@pytest.mark.parametrize(
    ("kind", "checks", "ends"),
    [
        (int, {"ge": 0, "le": 6}, (0, 6)),
        (int, {"gt": 0, "lt": 6}, (1, 5)),
        (int, {"in_range": {"min_value": 1, "max_value": 9, "include_min": False}}, (2, 9)),
        (float, {"ge": 0.5}, (0.5, None)),
        (float, {"in_range": {"min_value": 0, "max_value": 1}}, (0, 1)),
        (int, {}, (None, None)),
    ],
)
def test_ranges_are_inclusive(
    kind: Any, checks: dict[str, Any], ends: tuple[float | None, float | None]
) -> None:
    column = column_of(kind, **checks)
    assert (column.minimum, column.maximum) == ends


@pytest.mark.parametrize("checks", [{"gt": 0}, {"lt": 1}])
def test_an_open_end_of_a_fractional_range_is_refused(checks: dict[str, Any]) -> None:
    with pytest.raises(ContractError, match=r"it: .*inclusive.*use ge or le"):
        column_of(float, **checks)


@pytest.mark.parametrize(
    ("kind", "settings", "said"),
    [
        (float, {"isin": [1.0, 2.0]}, "it: isin makes categories.*pd.Int64Dtype"),
        (int, {"isin": [1, 2**24 + 1]}, "it: models compute in 32 bits.*str"),
        (bool, {"isin": [True]}, "it: isin makes categories"),
        (str, {"isin": ["a", ""]}, "it: the empty text"),
        (int, {"nullable": True}, "it: int64 has no room for nulls.*pd.Int64Dtype"),
        (bool, {"nullable": True}, "it: bool has no room for nulls.*pd.BooleanDtype"),
        (pd.Timedelta, {}, r"it: the type timedelta64.*pd.Timestamp"),
        (int, {"ge": 5, "le": 1}, "it: no value lies in its range"),
        (int, {"metadata": {"role": "feture"}}, "it: unknown role .did you mean 'feature'"),
        (int, {"metadata": {"role": "xyz"}}, "it: unknown role .known roles: feature, audit"),
        (
            int,
            {"metadata": {"protcted": True}},
            "it: unknown key 'protcted' .did you mean 'protected'",
        ),
        (int, {"metadata": {"qqq": True}}, "it: unknown key 'qqq' .known keys: role, holds, unit"),
        (int, {"metadata": {"protected": "yes"}}, "it: 'protected' must be True or False"),
        (int, {"metadata": {"unit": 3}}, "it: 'unit' must be a text"),
        (int, {"metadata": {"bands": [30, 20]}}, "it: 'bands' must be numbers that rise"),
        (str, {"metadata": {"bands": [20]}}, "it: 'bands' cut numbers"),
        (str, {"isin": ["a", "b"], "metadata": {"positive": "a"}}, "it: 'positive' belongs to the outcome"),
        (float, {"metadata": {"role": "weight"}}, "it: a weight is a number of at least 0"),
        (str, {"metadata": {"role": "weight"}}, "it: a weight is a number of at least 0"),
    ],
)
def test_a_field_that_cannot_be_carried_is_named(kind: Any, settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        column_of(kind, **settings)


@pytest.mark.parametrize(
    ("kind", "settings", "said"),
    [
        (str, {}, "y: an outcome in text needs its classes"),
        (float, {"nullable": True}, "y: nobody can learn from a null outcome"),
        (str, {"isin": ["a", "b"]}, "two-class outcome needs `positive`"),
    ],
)
def test_an_outcome_that_cannot_be_learned_is_refused(kind: Any, settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        contract_from(model(y=(kind, pa.Field(metadata={"role": "outcome"}, **settings))))


def test_two_outcomes_do_not_hold_together() -> None:
    with pytest.raises(ContractError, match="2 columns have the role 'outcome'"):
        contract_from(model(z=(float, pa.Field(metadata={"role": "outcome"}))))


def test_a_boolean_outcome_has_two_classes_and_true_is_positive() -> None:
    contract = contract_from(model(y=(bool, pa.Field(metadata={"role": "outcome"}))))
    assert (contract.outcome.categories, contract.positive) == (("false", "true"), "true")


def test_the_positive_class_of_a_boolean_outcome_can_be_false() -> None:
    contract = contract_from(model(y=(bool, pa.Field(metadata={"role": "outcome", "positive": False}))))
    assert contract.positive == "false"


@pytest.mark.parametrize("checks", [{"isin": [0, 1]}, {"isin": {1, 0}}, {"ge": 0, "le": 1}])
def test_an_outcome_of_0_and_1_has_two_classes_and_1_is_positive(checks: dict[str, Any]) -> None:
    contract = contract_from(model(y=(int, pa.Field(metadata={"role": "outcome"}, **checks))))
    assert (contract.task, contract.outcome.categories, contract.positive) == (
        "classification",
        ("0", "1"),
        "1",
    )


def test_the_positive_class_of_codes_may_be_written_as_the_code() -> None:
    contract = contract_from(
        model(y=(int, pa.Field(isin=[1, 2], metadata={"role": "outcome", "positive": 2})))
    )
    assert contract.positive == "2"


def test_a_numeric_outcome_makes_a_regression() -> None:
    contract = contract_from(model(y=(float, pa.Field(metadata={"role": "outcome"}))))
    assert (contract.task, contract.positive) == ("regression", "")


def test_the_outcome_names_a_task_that_its_type_does_not_say() -> None:
    metadata = {"role": "outcome", "answer": "ranking"}
    contract = contract_from(
        model(
            shown=(str, pa.Field(metadata={"role": "key"})),
            item=(str, pa.Field(metadata={"role": "item"})),
            y=(bool, pa.Field(metadata=metadata)),
        )
    )
    assert contract.task == "ranking"


def test_rows_of_a_list_say_which_answer_and_item_they_are_about() -> None:
    metadata = {"role": "outcome", "answer": "ranking"}
    with pytest.raises(ContractError, match="no column has the role 'key'"):
        contract_from(model(y=(bool, pa.Field(metadata=metadata))))


@pytest.mark.parametrize(("kind", "coded"), [(str, False), (int, True)])
def test_a_user_who_is_an_entity_is_seen_by_the_model(kind: type, coded: bool) -> None:
    contract = contract_from(model(who=(kind, pa.Field(metadata={"role": "user", "holds": "entity"}))))
    column = contract.column("who")
    assert (column.type, column.coded, column.seen) == ("entity", coded, True)
    assert column in contract.features
    assert column not in contract.logged


@pytest.mark.parametrize(
    ("kind", "settings", "said"),
    [
        (str, {"metadata": {"holds": "entitty"}}, "use entity"),
        (float, {"metadata": {"holds": "entity"}}, "what holds entity is no float64"),
        (str, {"isin": ["a", "b"], "metadata": {"holds": "entity"}}, "an open catalogue has no list"),
    ],
)
def test_what_a_field_cannot_hold_is_refused(kind: type, settings: dict[str, Any], said: str) -> None:
    with pytest.raises(ContractError, match=said):
        contract_from(model(who=(kind, pa.Field(**settings))))


def test_only_the_outcome_names_a_task() -> None:
    with pytest.raises(ContractError, match="x: 'answer' belongs to the outcome"):
        contract_from(model(x=(int, pa.Field(metadata={"answer": "regression"}))))


def test_the_name_comes_from_the_config_then_the_class(schema: type[pa.DataFrameModel]) -> None:
    assert (contract_from(schema).name, contract_from(model()).name) == ("loans", "Made")


@pytest.mark.parametrize(
    ("settings", "right", "wrong"),
    [
        ({"str_matches": r"\d{5}$", "metadata": {"example": "10001"}}, "12345", "1234"),
        ({"str_matches": re.compile("ab|c"), "metadata": {"example": "ab"}}, "cx", "xab"),
        ({"str_contains": "x{2}", "metadata": {"example": "xx"}}, "axxa", "axa"),
        ({"str_startswith": "a.b", "metadata": {"example": "a.b"}}, "a.bc", "axb"),
        ({"str_endswith": "$", "metadata": {"example": "5$"}}, "5$", "5$\n"),
        ({"str_length": {"min_value": 2, "max_value": 3}}, "ab", "a"),
        ({"str_length": 3}, "abc", "abcd"),
        ({"eq": "a"}, "a", "b"),
    ],
)
def test_every_door_asks_the_checks_of_a_text(settings: dict[str, Any], right: str, wrong: str) -> None:
    schema = model(it=(str, pa.Field(**settings)))
    column = contract_from(schema).column("it")
    door = RequestModel([column])
    assert door.row(json.dumps({"it": right}).encode()) == {"it": right}
    assert door.row(json.dumps({"it": input_of(column).example()}).encode())
    with pytest.raises(Refused):
        door.row(json.dumps({"it": wrong}).encode())
    rows = pd.DataFrame({"y": ["a"], "x": [1], "it": [right]})
    assert check_rows(rows, schema)["it"].tolist() == [right]
    with pytest.raises(DataError):
        check_rows(rows.assign(it=wrong), schema)


@pytest.mark.parametrize(
    "settings",
    [
        {"str_matches": r"\d{5}$"},
        {"str_matches": r"\d{5}$", "metadata": {"example": "1"}},
        {"str_matches": "(?i)a", "metadata": {"example": "a"}},
        {"str_matches": re.compile("a", re.IGNORECASE), "metadata": {"example": "a"}},
        {"isin": ["a", "b"], "str_matches": "a"},
    ],
)
def test_a_text_whose_rule_has_no_example_or_cannot_be_asked_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ContractError):
        column_of(str, **settings)


def test_a_code_outside_the_range_is_refused() -> None:
    with pytest.raises(ContractError):
        column_of(int, isin=[0, 9], le=5)


def test_the_ends_of_a_small_type_are_the_columns() -> None:
    assert (column_of(np.uint8).minimum, column_of(np.uint8).maximum) == (0, 255)
    assert column_of(np.int8, ge=3).minimum == 3
    assert column_of(int, eq=4) == column_of(int, ge=4, le=4)


def test_what_the_service_does_not_ask_is_named() -> None:
    class Ruled(model(i=(int, pa.Field(ge=0, notin=[4], unique=True)), s=(str, pa.Field(str_length=3)))):  # type: ignore[misc]
        @pa.check("x")
        @classmethod
        def even(cls, values: pd.Series) -> pd.Series:
            return values % 2 == 0

        @pa.dataframe_check
        @classmethod
        def ordered(cls, frame: pd.DataFrame) -> pd.Series:
            return frame["x"] <= frame["i"]

    assert unchecked(Ruled) == ("x: even", "i: notin", "i: unique", "the row: ordered")
    assert unchecked(model(s=(str, pa.Field(str_length=3)), i=(int, pa.Field(isin=[1, 2], ge=0)))) == ()
