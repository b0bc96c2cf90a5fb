from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.snapshots import ColumnSummary, DataLock
from trunkline.data.rows import typed
from trunkline.data.summaries import column_summaries, rows_behind, summary_of

MakeRows = Callable[[int], pd.DataFrame]
Lock = Callable[[pd.DataFrame, Contract], DataLock]


def test_every_column_but_keys_users_and_free_texts_has_a_summary() -> None:
    contract = Contract(
        name="t",
        columns=(
            Column(name="id", type="integer", role=Role.KEY),
            Column(name="who", type="category", role=Role.USER, categories=("a", "b")),
            Column(name="day", type="text", role=Role.TIME),
            Column(name="note", type="text"),
            Column(name="n", type="integer"),
            Column(name="flag", type="boolean", role=Role.AUDIT, nullable=True),
            Column(name="y", type="category", role=Role.OUTCOME, categories=("no", "yes")),
        ),
        positive="yes",
    )
    rows = pd.DataFrame(
        {
            "id": range(4),
            "who": list("aabb"),
            "day": "2024-01-01",
            "note": "secret",
            "n": [1, 2, 3, 4],
            "flag": [True, False, True, None],
            "y": ["no", "yes", "yes", "yes"],
        }
    )
    found = column_summaries(typed(rows, contract), contract)
    assert list(found) == ["n", "flag", "y"]
    assert found["flag"] == ColumnSummary(
        nulls=0.25, shares={"false": 0.333333333333, "true": 0.666666666667}
    )
    assert found["y"].shares == {"no": 0.25, "yes": 0.75}


def test_a_number_has_its_quantiles_its_mean_and_its_nulls() -> None:
    column = Column(name="n", type="integer", nullable=True)
    values = pd.Series([*range(101), *[None] * 101], dtype="Int64")
    assert summary_of(values, column) == ColumnSummary(nulls=0.5, quantiles=(1, 25, 50, 75, 99), mean=50)


def test_a_column_without_a_value_has_nulls_only() -> None:
    assert summary_of(pd.Series([np.nan] * 3), Column(name="n", type="number")) == ColumnSummary(nulls=1)
    empty = pd.Series([None] * 3, dtype="str")
    assert summary_of(empty, Column(name="c", type="category")) == ColumnSummary(nulls=1)


def test_the_order_of_the_rows_does_not_matter(contract: Contract, make_rows: MakeRows) -> None:
    rows = make_rows(500)
    assert column_summaries(rows, contract) == column_summaries(rows.sample(frac=1, random_state=0), contract)


def test_the_rows_behind_a_column_are_those_with_a_value(
    contract: Contract, make_rows: MakeRows, lock: Lock
) -> None:
    rows = make_rows(500)
    assert rows_behind(lock(rows, contract), "income") == rows["income"].notna().sum()
    assert rows_behind(lock(rows, contract), "debts") == 500


@pytest.mark.parametrize("name", ["income", "paid", "year"])
def test_a_summary_survives_its_file(contract: Contract, make_rows: MakeRows, lock: Lock, name: str) -> None:
    there = lock(make_rows(300), contract)
    back = DataLock.from_dict(there.to_dict(), origin="test")
    assert back.columns[name] == there.columns[name]
