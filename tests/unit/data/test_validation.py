from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest

from trunkline.core.errors import DataError
from trunkline.data import check_rows

Schema = type[pa.DataFrameModel]
MakeRows = Callable[[int], pd.DataFrame]


class Flags(pa.DataFrameModel):
    on: bool
    note: str = pa.Field(str_matches="^[a-z]*$", unique=True)
    size: float = pa.Field(ge=0, metadata={"role": "outcome"})

    @pa.dataframe_check
    @classmethod
    def long_notes_are_big(cls, frame: pd.DataFrame) -> pd.Series:
        return (frame["note"].str.len() < 5) | (frame["size"] > 1)

    class Config:
        coerce = True


def broken(frame: pd.DataFrame, schema: Schema) -> DataError:
    with pytest.raises(DataError) as caught:
        check_rows(frame, schema)
    return caught.value


def test_rows_come_back_in_the_contracts_types_and_order(schema: Schema, make_rows: MakeRows) -> None:
    rows = make_rows(5)
    shuffled = rows[rows.columns[::-1]].astype({"debts": object, "loan": "str"})
    pd.testing.assert_frame_equal(check_rows(shuffled, schema), rows)


def test_the_frame_that_was_given_is_not_changed(schema: Schema, make_rows: MakeRows) -> None:
    given = make_rows(5).astype({"debts": "str"})
    before = given.copy()
    check_rows(given, schema)
    pd.testing.assert_frame_equal(given, before)


def test_a_missing_column_is_named_with_a_guess(schema: Schema, make_rows: MakeRows) -> None:
    error = broken(make_rows(5).rename(columns={"income": "Income_"}), schema)
    assert "income is missing (is it 'Income_'?)" in str(error)


def test_a_column_that_the_contract_does_not_know_is_named(schema: Schema, make_rows: MakeRows) -> None:
    assert "extra is not in the contract" in str(broken(make_rows(5).assign(extra=1), schema))


def test_a_column_that_appears_twice_is_named(schema: Schema, make_rows: MakeRows) -> None:
    rows = make_rows(5)
    assert "debts appears twice" in str(broken(pd.concat([rows, rows[["debts"]]], axis=1), schema))


@pytest.mark.parametrize(
    "frame", [pd.DataFrame(), pd.DataFrame(columns=["loan", "year", "income", "debts", "region", "paid"])]
)
def test_an_empty_frame_is_said_to_be_empty(schema: Schema, frame: pd.DataFrame) -> None:
    assert "the frame has no rows" in str(broken(frame, schema))


def test_something_that_is_no_frame_is_refused(schema: Schema) -> None:
    assert "must give a pandas DataFrame" in str(broken([1, 2], schema))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("column", "values", "rule", "shown"),
    [
        (
            "debts",
            ["many", 1, "few"],
            "debts must be a whole number from 0 to 20, broken by 2 rows",
            ["many", "few"],
        ),
        ("debts", [1.5, 1, 2], "debts must be a whole number from 0 to 20, broken by 1 row", [1.5]),
        ("debts", [-1, 21, 3], "debts must be a whole number from 0 to 20, broken by 2 rows", [-1, 21]),
        ("income", [np.inf, 1, 2], "income must be a number of at least 0 (EUR), or null", [np.inf]),
        ("region", ["east", "north", None], "region must be one of north, south, or null", ["east"]),
        ("paid", ["yes", "no", "maybe"], "paid must be one of no, yes, broken by 1 row", ["maybe"]),
    ],
)
def test_a_wrong_value_is_named_with_its_rule_and_count(
    schema: Schema, make_rows: MakeRows, column: str, values: list[Any], rule: str, shown: list[Any]
) -> None:
    error = broken(make_rows(3).assign(**{column: pd.Series(values, dtype=object)}), schema)
    assert rule in error.what
    assert error.value == {column: shown}


@pytest.mark.parametrize(("column", "values"), [("debts", [None, 1, 2]), ("paid", [None, "no", "yes"])])
def test_a_null_where_none_may_be_is_said_once(
    schema: Schema, make_rows: MakeRows, column: str, values: list[Any]
) -> None:
    error = broken(make_rows(3).assign(**{column: pd.Series(values, dtype=object)}), schema)
    assert f"contract loans: {column} must not be null, broken by 1 row." in error.what


def test_all_broken_rules_are_reported_together(schema: Schema, make_rows: MakeRows) -> None:
    rows = make_rows(4).assign(debts=[99, 1, 1, 1], region=["east", "east", "north", "north"])
    error = broken(rows, schema)
    assert "debts must be" in error.what
    assert "region must be one of north, south, or null, broken by 2 rows" in error.what


def test_at_most_five_different_offending_values_are_shown(schema: Schema, make_rows: MakeRows) -> None:
    error = broken(make_rows(40).assign(debts=[*range(21, 41), *range(21, 41)]), schema)
    assert "broken by 40 rows" in error.what
    assert error.value == {"debts": [21, 22, 23, 24, 25]}


def flags(**changed: list[Any]) -> pd.DataFrame:
    return pd.DataFrame({"on": [True, False], "note": ["a", "b"], "size": [1.0, 2.0]} | changed)


def test_the_words_true_and_false_are_read_as_booleans() -> None:
    assert check_rows(flags(on=["False", "true"]), Flags)["on"].tolist() == [False, True]


def test_a_text_that_is_no_boolean_is_not_taken_for_true() -> None:
    assert broken(flags(on=["no", "true"]), Flags).value == {"on": ["no"]}


def test_columns_outside_a_lenient_contract_are_left_out() -> None:
    assert list(check_rows(flags(extra=[1, 2]), Flags)) == ["on", "note", "size"]


def test_a_rule_that_only_the_data_keep_is_tested_too() -> None:
    error = broken(flags(note=["ok", "NO!"]), Flags)
    assert "note must keep str_matches('^[a-z]*$'), broken by 1 row" in error.what


def test_repeated_values_of_a_unique_column_are_found() -> None:
    assert "note must not repeat a value, broken by 2 rows" in broken(flags(note=["a", "a"]), Flags).what


def test_a_rule_over_whole_rows_is_named() -> None:
    error = broken(flags(note=["abcdef", "b"]), Flags)
    assert "the row must keep long_notes_are_big, broken by 1 row" in error.what
