from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trunkline.core.contract import Column, Contract, Role
from trunkline.inputs import input_of
from trunkline.serving.problems import Refused
from trunkline.serving.requests import RequestModel, request_columns

CONTRACT = Contract(
    name="arrests",
    positive="Yes",
    columns=(
        Column(name="id", type="text", role=Role.KEY),
        Column(name="when", type="text", role=Role.TIME),
        Column(
            name="age", type="integer", minimum=12, maximum=99, unit="years", description="At the arrest."
        ),
        Column(name="hours per week", type="number", minimum=0),
        Column(name="colour", type="category", role=Role.AUDIT, categories=("Black", "White")),
        Column(name="employed", type="category", categories=("Yes", "No")),
        Column(name="citizen", type="boolean"),
        Column(name="checks", type="integer", nullable=True),
        Column(name="released", type="category", role=Role.OUTCOME, categories=("Yes", "No")),
    ),
)
MODEL = RequestModel(request_columns(CONTRACT), outcome="released", maximum_rows=3)
ROW: dict[str, Any] = {"age": 20, "hours per week": 38.5, "employed": "Yes", "citizen": True}


def problems(value: Any, *, batch: bool = False) -> list[dict[str, Any]]:
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    with pytest.raises(Refused) as caught:
        (MODEL.rows if batch else MODEL.row)(body)
    return list(caught.value.body()["problems"])


def test_a_row_comes_out_as_it_was_sent() -> None:
    assert MODEL.row(json.dumps(ROW).encode()) == ROW


def test_a_number_may_be_whole_and_becomes_a_float() -> None:
    found = MODEL.row(json.dumps(ROW | {"hours per week": 40}).encode())["hours per week"]
    assert isinstance(found, float)


@pytest.mark.parametrize("optional", ["id", "when", "colour", "checks"])
def test_what_the_model_does_not_need_may_be_null_or_absent(optional: str) -> None:
    assert MODEL.row(json.dumps(ROW | {optional: None}).encode())[optional] is None


@pytest.mark.parametrize("needed", list(ROW))
def test_a_feature_may_not_be_absent_or_null(needed: str) -> None:
    (absent,) = problems({name: value for name, value in ROW.items() if name != needed})
    assert (absent["field"], absent["value"]) == (needed, None)
    assert "missing" in absent["hint"]
    (null,) = problems(ROW | {needed: None})
    assert (null["field"], null["hint"]) == (needed, "null is not allowed")


@pytest.mark.parametrize(
    ("field", "value", "hint"),
    [
        ("age", "20", "send 20 without quotes"),
        ("age", 20.0, "send 20"),
        ("age", 20.5, ""),
        ("age", True, ""),
        ("age", 11, ""),
        ("age", 100, ""),
        ("age", [20], ""),
        ("checks", 2**70, "the number is too large for the model"),
        ("hours per week", -0.1, ""),
        ("hours per week", 1e39, "the number is too large for the model"),
        ("hours per week", "many", ""),
        ("employed", "yes", "did you mean Yes?"),
        ("employed", "Perhaps", ""),
        ("employed", True, ""),
        ("colour", "Blak", "did you mean Black?"),
        ("citizen", 1, "send true"),
        ("citizen", "false", "send false"),
        ("id", 5, 'send "5"'),
    ],
)
def test_a_wrong_value_is_named_with_its_field_and_rule(field: str, value: Any, hint: str) -> None:
    (problem,) = problems(ROW | {field: value})
    assert problem["field"] == field
    assert problem["rule"] == input_of(CONTRACT.column(field)).rule()
    assert problem["hint"] == hint
    assert problem["value"] in (value, str(value), json.dumps(value))


@pytest.mark.parametrize("literal", [b"NaN", b"Infinity", b"-Infinity", b"1e999"])
def test_numbers_that_are_not_finite_are_refused(literal: bytes) -> None:
    body = json.dumps(ROW | {"hours per week": 0}).encode().replace(b'week": 0', b'week": ' + literal)
    (problem,) = problems(body)
    assert problem["field"] == "hours per week"
    assert isinstance(problem["value"], str)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("agee", "did you mean age?"),
        ("released", "this is what the model predicts: leave it out"),
        ("q", "the fields are id, when, age, hours per week, colour, employed, citizen, checks"),
    ],
)
def test_an_unknown_field_is_refused_with_a_way_out(name: str, hint: str) -> None:
    (problem,) = problems(ROW | {name: 1})
    assert (problem["field"], problem["hint"]) == (name, hint)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b'{"age": 20} x', b"[" * 5000, b'{"id": "\\ud800"}']
)
def test_a_body_that_is_no_json_is_refused(body: bytes) -> None:
    (problem,) = problems(body)
    assert problem["field"] == "(body)"
    assert problem["rule"].startswith("JSON (")


@pytest.mark.parametrize("value", [[], [ROW], 5, None, "row"])
def test_a_body_that_is_no_object_is_refused(value: Any) -> None:
    (problem,) = problems(value)
    assert (problem["field"], problem["rule"].split()[:2]) == ("(body)", ["an", "object"])


def test_every_problem_of_a_row_is_told_at_once() -> None:
    assert [problem["field"] for problem in problems({"age": 1, "employed": "x", "z": 1})] == [
        "age", "hours per week", "employed", "citizen", "z",
    ]  # fmt: skip


@pytest.mark.parametrize("second", ["21", "20"])
def test_a_field_that_stands_twice_is_refused(second: str) -> None:
    row = json.dumps(ROW)[:-1] + f', "age": {second}}}'
    for body, batch in ((row, False), (f'{{"rows": [{row}]}}', True)):
        (problem,) = problems(body.encode(), batch=batch)
        assert problem["field"] == "age"
    (problem,) = problems(f'{{"rows": [], "rows": [{json.dumps(ROW)}]}}'.encode(), batch=True)
    assert problem["field"] == "rows"


def test_a_batch_tells_the_row() -> None:
    found = problems({"rows": [ROW, ROW | {"age": 5}, 7]}, batch=True)
    assert [(problem["row"], problem["field"]) for problem in found] == [(1, "age"), (2, "(row)")]


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"rows": []}, "rows"),
        ({"rows": [ROW] * 4}, "rows"),
        ({"rows": ROW}, "rows"),
        ({}, "rows"),
        ([ROW], "(body)"),
        ({"rows": [ROW], "more": 1}, "more"),
    ],
)
def test_a_batch_of_the_wrong_form_is_told_the_right_one(value: Any, field: str) -> None:
    (problem,) = problems(value, batch=True)
    assert (problem["field"], problem["rule"]) == (field, '{"rows": [...]} with 1 to 3 rows')


def test_a_column_may_be_called_rows() -> None:
    model = RequestModel([Column(name="rows", type="integer", maximum=9)])
    assert model.rows(b'{"rows": [{"rows": 1}]}') == [{"rows": 1}]
    with pytest.raises(Refused) as caught:
        model.row(b'{"rows": 10}')
    assert caught.value.problems[0]["rule"] == "a whole number of at most 9"


# A busy machine is no reason to fail.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
names = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=12)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@patient
@given(st.dictionaries(st.sampled_from([*ROW, "checks", "colour", "q"]), values))
def test_whatever_is_sent_is_taken_or_refused_with_problems_that_are_json(row: dict[str, Any]) -> None:
    try:
        found = MODEL.row(json.dumps(row).encode())
    except Refused as refused:
        body = refused.body()
    else:
        assert set(ROW) <= set(found)
        return
    assert body["problems"]
    json.loads(json.dumps(body, allow_nan=False))


@patient
@given(st.lists(names, min_size=1, max_size=6, unique=True))
def test_any_column_name_can_be_asked_for(columns: list[str]) -> None:
    model = RequestModel([Column(name=name, type="integer") for name in columns])
    row = {name: i for i, name in enumerate(columns)}
    assert model.row(json.dumps(row).encode()) == row
    assert set(model.schemas()["Row"]["properties"]) == set(columns)


def test_the_description_has_ranges_categories_units_and_words() -> None:
    row = MODEL.schemas()["Row"]
    age = row["properties"]["age"]
    assert (age["minimum"], age["maximum"], age["x-unit"], age["type"]) == (12, 99, "years", "integer")
    assert age["description"] == "At the arrest. A whole number from 12 to 99 (years)."
    assert row["properties"]["employed"]["enum"] == ["Yes", "No"]
    assert row["properties"]["colour"]["description"].endswith("Optional.")
    assert row["required"] == list(ROW)
    assert row["additionalProperties"] is False
    assert MODEL.schemas()["Batch"]["properties"]["rows"]["maxItems"] == 3


def test_the_example_keeps_the_contract() -> None:
    assert MODEL.row(json.dumps(MODEL.schemas()["Row"]["example"]).encode())


TYPED = RequestModel(
    (
        Column(name="season", type="category", categories=("0", "1", "2"), coded=True),
        Column(name="seen", type="time", minimum=0, nullable=True),
        Column(name="zip", type="text"),
    )
)
TYPED_ROW: dict[str, Any] = {"season": 1, "seen": "2024-05-31T22:30:00+02:00", "zip": "00501"}


@pytest.mark.parametrize(
    "changed",
    [{}, {"season": 0}, {"seen": None}, {"seen": "2024-05-31"}, {"seen": "2024-05-31 22:30"}],
)
def test_codes_and_times_come_out_as_they_were_sent(changed: dict[str, Any]) -> None:
    row = TYPED_ROW | changed
    assert TYPED.row(json.dumps(row).encode()) == row
    assert type(TYPED.row(json.dumps(row).encode())["season"]) is int


@pytest.mark.parametrize(
    ("field", "value", "hint"),
    [
        ("season", 3, ""),
        ("season", True, ""),
        ("season", "1", "send 1 without quotes"),
        ("season", 1.0, "send 1"),
        ("seen", "yesterday", "ISO 8601"),
        ("seen", "2024-02-30", "day"),
        ("seen", 1717156800, ""),
        ("seen", "1969-12-31", "too early"),
        ("zip", 501, 'send "501"'),
        ("zip", 10001.0, "send"),
    ],
)
def test_a_code_or_time_that_is_none_is_refused_with_what_to_send(field: str, value: Any, hint: str) -> None:
    with pytest.raises(Refused) as caught:
        TYPED.row(json.dumps(TYPED_ROW | {field: value}).encode())
    (problem,) = caught.value.body()["problems"]
    assert problem["field"] == field
    assert hint in problem["hint"]


def test_codes_and_times_are_described_and_their_example_is_taken() -> None:
    row = TYPED.schemas()["Row"]
    assert row["properties"]["season"]["enum"] == [0, 1, 2]
    assert "date-time" in json.dumps(row["properties"]["seen"])
    assert TYPED.row(json.dumps(row["example"]).encode())


def test_a_challengers_new_columns_are_optional_and_its_key_does_not_displace_the_champions() -> None:
    challenger = CONTRACT.model_copy(
        update={
            "columns": (
                Column(name="person", type="text", role=Role.KEY),
                Column(name="height", type="number"),
                *CONTRACT.columns[1:],
            )
        }
    )
    columns = {column.name: column for column in request_columns(CONTRACT, challenger)}
    assert list(columns) == [*(column.name for column in CONTRACT.inputs), "height"]
    assert columns["height"].nullable
    own = RequestModel(request_columns(challenger))
    assert own.broken(ROW) == ("height",)
    assert own.broken(ROW | {"height": 1.8, "id": "not its own"}) == ()


def test_the_log_gets_every_feature_and_no_key() -> None:
    row = ROW | {"id": "secret", "colour": "Black"}
    assert MODEL.logged(row) == ROW | {"colour": "Black", "checks": None}
