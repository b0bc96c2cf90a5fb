"""The contract says what a row is. Extend: one bad value a column that has hurt you before."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from trunkline.core.contract import Column
from trunkline.core.errors import DataError
from trunkline.data import check_rows, contract_from
from trunkline.inputs import input_of

from {{ cookiecutter.package }}.contract import Contract

COLUMNS = contract_from(Contract).columns
BAD = [
    (column, value)
    for column in COLUMNS
    for value in (*input_of(column).wrong(), *(() if column.nullable else (None,)))
]
UNIQUE = [name for name, field in Contract.to_schema().columns.items() if field.unique]


def test_every_real_row_is_accepted(loaded: pd.DataFrame, rows: pd.DataFrame) -> None:
    assert len(rows) == len(loaded)
    assert list(rows.columns) == [column.name for column in COLUMNS]


@pytest.mark.parametrize(("column", "value"), BAD, ids=lambda given: getattr(given, "name", repr(given)))
def test_a_value_that_breaks_the_contract_is_refused_by_name(
    loaded: pd.DataFrame, column: Column, value: object
) -> None:
    broken = loaded.head(50).reset_index(drop=True).astype({column.name: object})
    broken.loc[len(broken) // 2, column.name] = value
    with pytest.raises(DataError, match=re.escape(column.name)):
        check_rows(broken, Contract)


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.name)
def test_a_missing_column_is_refused_by_name(loaded: pd.DataFrame, column: Column) -> None:
    with pytest.raises(DataError, match=re.escape(column.name)):
        check_rows(loaded.head(50).drop(columns=column.name), Contract)


def test_what_must_be_unique_is_refused_when_it_comes_twice(loaded: pd.DataFrame) -> None:
    twice = pd.concat([loaded.head(50), loaded.head(1)])
    for name in UNIQUE:
        with pytest.raises(DataError, match=re.escape(name)):
            check_rows(twice, Contract)
