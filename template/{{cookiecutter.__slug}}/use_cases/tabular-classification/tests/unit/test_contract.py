"""The contract says what a row is. Extend: one bad value a column that has hurt you before."""

from __future__ import annotations

import pandas as pd
import pytest
from trunkline.core.errors import DataError
from trunkline.data import check_rows, contract_from

from {{ cookiecutter.package }}.contract import Contract


def test_every_real_row_is_accepted(rows: pd.DataFrame) -> None:
    assert len(check_rows(rows, Contract)) == len(rows)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("employed", "Maybe"),
        ("colour", "black"),
        ("age", 9),
        ("checks", 7),
        ("year", "long ago"),
        ("released", None),
    ],
)
def test_a_value_that_breaks_the_contract_is_refused_by_name(
    rows: pd.DataFrame, column: str, value: object
) -> None:
    broken = rows.head(50).astype({column: object})
    broken.loc[broken.index[7], column] = value
    with pytest.raises(DataError, match=column):
        check_rows(broken, Contract)


def test_a_missing_column_is_refused_by_name(rows: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="checks"):
        check_rows(rows.head(50).drop(columns="checks"), Contract)


def test_a_key_that_comes_twice_is_refused(rows: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="arrest_id"):
        check_rows(pd.concat([rows.head(50), rows.head(1)]), Contract)


def test_colour_and_sex_are_audited_and_never_reach_the_model() -> None:
    contract = contract_from(Contract)
    assert {"colour", "sex"} <= {column.name for column in contract.protected}
    assert not {"colour", "sex"} & {column.name for column in contract.features}
