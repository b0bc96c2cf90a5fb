"""A small contract with rows that keep it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest

from trunkline.core.contract import Contract, Role
from trunkline.core.policy.data import Split
from trunkline.core.snapshots import DataLock, Part, Window
from trunkline.data import check_rows, contract_from, split_rows
from trunkline.data.summaries import column_summaries


class Loans(pa.DataFrameModel):
    loan: int = pa.Field(metadata={"role": "key"})
    year: int = pa.Field(metadata={"role": "time"})
    income: float = pa.Field(ge=0, nullable=True, metadata={"unit": "EUR"})
    debts: int = pa.Field(ge=0, le=20)
    region: str = pa.Field(isin=["north", "south"], nullable=True)
    paid: str = pa.Field(isin=["no", "yes"], metadata={"role": "outcome", "positive": "yes"})

    class Config:
        strict = True
        coerce = True
        name = "loans"


def loans(count: int, *, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "loan": np.arange(count),
            "year": rng.integers(2000, 2010, count),
            "income": np.where(rng.random(count) < 0.1, np.nan, rng.gamma(2, 1000, count).round(2)),
            "debts": rng.integers(0, 20, count),
            "region": rng.choice(["north", "south"], count),
            "paid": np.where(rng.random(count) < 0.3, "no", "yes"),
        }
    )


@pytest.fixture
def schema() -> type[pa.DataFrameModel]:
    return Loans


@pytest.fixture
def contract() -> Contract:
    return contract_from(Loans)


@pytest.fixture
def make_rows() -> Callable[[int], pd.DataFrame]:
    """Rows in the contract's types, with the keys 0 to count - 1."""
    return lambda count: check_rows(loans(count), Loans)


@pytest.fixture
def parts(contract: Contract, make_rows: Callable[[int], pd.DataFrame]) -> dict[Part, pd.DataFrame]:
    """600 sound rows, split."""
    return split_rows(make_rows(600), contract, Split())


@pytest.fixture
def keyless(contract: Contract) -> Contract:
    """The contract without its key."""
    columns = tuple(column for column in contract.columns if column.role is not Role.KEY)
    return contract.model_copy(update={"columns": columns})


@pytest.fixture
def lock() -> Callable[[pd.DataFrame, Contract], DataLock]:
    """What data.lock would say of rows."""

    def lock_of(rows: pd.DataFrame, contract: Contract) -> DataLock:
        return DataLock(
            snapshot="sha256:1",
            rows={"train": len(rows)},
            window=Window(),
            sources={},
            columns=column_summaries(rows, contract),
        )

    return lock_of
