from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.data.rows import content_digest, in_order, names_of, typed

MakeRows = Callable[[int], pd.DataFrame]


def two_columns(kind: str, **settings: bool) -> Contract:
    x = Column.model_validate({"name": "x", "type": kind, **settings})
    return Contract(name="t", columns=(x, Column(name="y", type="number", role=Role.OUTCOME)))


def digest_of(values: list[object], kind: str, **settings: bool) -> str:
    contract = two_columns(kind, **settings)
    frame = pd.DataFrame({"x": pd.Series(values, dtype=object), "y": 0.0})
    return content_digest(typed(frame, contract), contract)


def test_the_same_rows_have_the_same_digest(contract: Contract, make_rows: MakeRows) -> None:
    assert content_digest(make_rows(50), contract) == content_digest(make_rows(50), contract)


@pytest.mark.parametrize(
    ("column", "value"),
    [("loan", 77), ("income", 0.01), ("income", np.nan), ("region", None), ("paid", "no")],
)
def test_any_changed_value_changes_the_digest(
    contract: Contract, make_rows: MakeRows, column: str, value: Any
) -> None:
    rows = make_rows(3).assign(income=1.0, paid="yes")
    changed = rows.copy()
    changed[column] = changed[column].where(pd.Series([True, False, True]), value)
    assert content_digest(changed, contract) != content_digest(rows, contract)


def test_texts_cannot_be_moved_between_rows_unnoticed() -> None:
    assert digest_of(["ab", "c"], "text") != digest_of(["a", "bc"], "text")


def test_an_empty_text_is_not_a_null() -> None:
    assert digest_of(["", "a"], "text", nullable=True) != digest_of([None, "a"], "text", nullable=True)


@pytest.mark.parametrize("kind", ["integer", "boolean"])
def test_a_zero_is_not_a_null(kind: str) -> None:
    assert digest_of([0, 1], kind, nullable=True) != digest_of([None, 1], kind, nullable=True)


def test_the_sign_of_zero_does_not_matter() -> None:
    assert digest_of([0.0], "number") == digest_of([-0.0], "number")


def test_the_digest_is_the_one_that_committed_locks_name() -> None:
    digest = digest_of(["a", None, "é"], "text", nullable=True)
    assert digest == "sha256:932845af7db26c49eb45e688b2cdd52fe7ca5578ec34398a0b548ced411c4b1f"


def test_rows_are_ordered_by_time_then_key(contract: Contract, make_rows: MakeRows) -> None:
    rows = in_order(make_rows(60).sample(frac=1, random_state=1), contract)
    pairs = list(zip(rows["year"], rows["loan"], strict=True))
    assert pairs == sorted(pairs)


def test_a_key_names_its_row(contract: Contract, make_rows: MakeRows) -> None:
    rows = make_rows(4).assign(loan=[1, 2, 2, 3])
    assert names_of(rows, contract).tolist() == ["1", "2", "2", "3"]


def test_without_a_key_equal_rows_have_names_of_their_own() -> None:
    contract = two_columns("integer")
    names = names_of(typed(pd.DataFrame({"x": [1, 1, 2], "y": 0.0}), contract), contract)
    assert names.is_unique
    assert names[0].split("\x1e")[0] == names[1].split("\x1e")[0] != names[2].split("\x1e")[0]


def test_rows_with_a_null_key_do_not_become_one(schema: type[pa.DataFrameModel], contract: Contract) -> None:
    columns = tuple(
        column.model_copy(update={"nullable": True}) if column.role is Role.KEY else column
        for column in contract.columns
    )
    loose = contract.model_copy(update={"columns": columns})
    frame = pd.DataFrame(
        {"loan": [None, None, 3], "year": 2000, "income": 1.0, "debts": 1, "region": "north", "paid": "no"}
    )
    assert names_of(typed(frame, loose), loose).is_unique
