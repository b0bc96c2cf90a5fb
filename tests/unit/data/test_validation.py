from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest

from trunkline.core.errors import ContractError, DataError
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


class Codes(pa.DataFrameModel):
    zip: str = pa.Field(nullable=True)
    grade: str = pa.Field(isin=["1", "2"])
    season: int = pa.Field(isin=[1, 2, 3])
    hours: pd.Int64Dtype = pa.Field(nullable=True)
    small: np.uint8 = pa.Field()
    when: pd.Timestamp = pa.Field(nullable=True)
    day: str = pa.Field(metadata={"role": "time"})
    won: int = pa.Field(isin=[0, 1], metadata={"role": "outcome"})

    class Config:
        coerce = True


def codes(**changed: list[Any] | pd.Series) -> pd.DataFrame:
    row = {
        "zip": "00501",
        "grade": "1",
        "season": 1,
        "hours": 3,
        "small": 1,
        "when": "2011-01-01",
        "day": "2011-01-01",
    }
    return pd.DataFrame({name: [value] * 2 for name, value in row.items()} | {"won": [0, 1]} | changed)


@pytest.mark.parametrize(
    ("column", "values", "shown"),
    [
        ("zip", [10001.0, None], [10001.0]),
        ("zip", [501, 10001], [501, 10001]),
        ("zip", [True, False], [True, False]),
        ("zip", pd.to_datetime(["2011-01-01", "2012-01-01"]), None),
        ("grade", [1.0, 2.0], [1.0, 2.0]),
        ("grade", [3, 1], [3]),
        ("season", [1.5, 1], [1.5]),
        ("season", ["01", "1"], ["01"]),
        ("season", [4, 1], [4]),
        ("hours", [3.7, None], [3.7]),
        ("hours", ["00123", "1"], ["00123"]),
        ("hours", [" 3", "3"], [" 3"]),
        ("hours", ["1e3", "3"], ["1e3"]),
        ("hours", [2.0**53 + 2, None], [2.0**53 + 2]),
        ("hours", [2**63, 1], [2**63]),
        ("hours", pd.to_datetime(["2011-01-01", "2012-01-01"]), None),
        ("hours", [np.inf, 1], [np.inf]),
        ("small", [300, 1], [300]),
        ("when", ["yesterday", "2011-01-01"], ["yesterday"]),
        ("when", [1293840000, 1], [1293840000, 1]),
        ("when", ["2011-13-01", "2011-01-01"], ["2011-13-01"]),
        ("when", ["01/02/2011", "2011-01-01"], ["01/02/2011"]),
        ("day", ["yesterday", "2011-01-01"], ["yesterday"]),
        ("won", [2, 1], [2]),
        ("won", ["yes", "1"], ["yes"]),
    ],
)
def test_what_cannot_be_read_without_loss_is_refused(
    column: str, values: Any, shown: list[Any] | None
) -> None:
    error = broken(codes().assign(**{column: pd.Series(values)}), Codes)
    assert f"{column} must be" in error.what
    assert shown is None or error.value == {column: shown}


@pytest.mark.parametrize(
    ("column", "values", "read"),
    [
        ("zip", ["00501", None], ["00501", None]),
        ("grade", [1, 2], ["1", "2"]),
        ("season", [1.0, 3.0], [1, 3]),
        ("season", ["1", "3"], [1, 3]),
        ("season", pd.Categorical([1, 3]), [1, 3]),
        ("hours", ["3.0", None], [3, None]),
        ("hours", [-0.0, 1.0], [0, 1]),
        ("hours", [2**53 + 1, None], [2**53 + 1, None]),
        ("when", ["2011-01-01T02:00:00+02:00", None], ["2011-01-01T00:00:00", None]),
        ("when", pd.to_datetime(pd.Series(["2011-01-01 05:30", None])), ["2011-01-01T05:30:00", None]),
        (
            "when",
            pd.to_datetime(pd.Series(["2011-01-01T05:30+01:00", None]), utc=True),
            ["2011-01-01T04:30:00", None],
        ),
        ("day", ["2011-01-01 05:30", "2011-02"], ["2011-01-01T05:30:00", "2011-02"]),
        ("day", pd.to_datetime(["2011-01-01", "2012-01-01"]), ["2011-01-01T00:00:00", "2012-01-01T00:00:00"]),
        ("won", [True, False], [1, 0]),
        ("won", [1.0, 0.0], [1, 0]),
    ],
)
def test_what_loses_nothing_is_read_exactly(column: str, values: Any, read: list[Any]) -> None:
    given = pd.Series(values, dtype=object) if isinstance(values, list) else pd.Series(values)
    rows = check_rows(codes().assign(**{column: given}), Codes)
    assert [None if pd.isna(value) else value for value in rows[column].tolist()] == read


def test_rows_that_were_read_are_read_again_as_they_are() -> None:
    rows = check_rows(codes(when=["2011-01-01T02:00:00.5+02:00", None], hours=["3.0", None]), Codes)
    pd.testing.assert_frame_equal(check_rows(rows, Codes), rows)


def test_a_value_that_a_parser_mends_is_no_breach() -> None:
    class Padded(pa.DataFrameModel):
        hours: int
        size: float = pa.Field(metadata={"role": "outcome"})

        @pa.dataframe_parser
        @classmethod
        def stripped(cls, frame: pd.DataFrame) -> pd.DataFrame:
            return frame.assign(hours=frame["hours"].str.strip())

    assert check_rows(pd.DataFrame({"hours": [" 3", "4 "], "size": [1.0, 2.0]}), Padded)[
        "hours"
    ].tolist() == [3, 4]


def test_columns_outside_a_lenient_contract_are_left_out() -> None:
    assert list(check_rows(flags(extra=[1, 2]), Flags)) == ["on", "note", "size"]


def test_a_pattern_that_a_row_breaks_is_named() -> None:
    error = broken(flags(note=["ok", "NO!"]), Flags)
    assert "note must be a text that matches ^[a-z]*$, broken by 1 row" in error.what


def test_repeated_values_of_a_unique_column_are_found() -> None:
    assert "note must not repeat a value, broken by 2 rows" in broken(flags(note=["a", "a"]), Flags).what


def test_a_rule_over_whole_rows_is_named() -> None:
    error = broken(flags(note=["abcdef", "b"]), Flags)
    assert "the row must keep long_notes_are_big, broken by 1 row" in error.what


def test_rows_are_parsed_and_checked_the_second_time_as_the_first() -> None:
    class Parsed(pa.DataFrameModel):
        code: str = pa.Field(str_matches="^[a-z]+$", metadata={"example": "a"})
        size: float = pa.Field(metadata={"role": "outcome"})

        @pa.parser("code")
        @classmethod
        def trimmed(cls, values: pd.Series) -> pd.Series:
            return values.str.strip()

    rows = pd.DataFrame({"code": [" a "], "size": [1.0]})
    for _ in range(2):
        assert check_rows(rows, Parsed)["code"].tolist() == ["a"]
        broken(rows.assign(code="A"), Parsed)


@pytest.mark.parametrize("kind", ["parser", "dataframe_parser", "check"])
def test_what_the_contracts_own_code_raises_is_one_line(kind: str) -> None:
    def broke(_: Any) -> Any:
        raise KeyError("a page\n" * 1000)

    mark = pa.dataframe_parser if kind == "dataframe_parser" else getattr(pa, kind)("size")
    fields: dict[str, Any] = {
        "size": pa.Field(metadata={"role": "outcome"}),
        "broke": mark(broke),
        "__annotations__": {"on": bool, "size": float},
    }
    with pytest.raises((ContractError, DataError)) as caught:
        check_rows(pd.DataFrame({"on": [True], "size": [1.0]}), type("Made", (pa.DataFrameModel,), fields))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 700
