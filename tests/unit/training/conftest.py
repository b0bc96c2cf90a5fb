from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from trunkline.core.contract import Column, Contract, Role


@pytest.fixture
def contract() -> Contract:
    """A two-class contract with one column of each kind."""
    return Contract(
        name="loans",
        positive="yes",
        columns=(
            Column(name="id", type="integer", role=Role.KEY),
            Column(name="income", type="number", minimum=0, maximum=100, nullable=True),
            Column(name="town", type="category", categories=("north", "south"), nullable=True),
            Column(name="owner", type="boolean"),
            Column(name="sex", type="category", categories=("f", "m"), role=Role.AUDIT, protected=True),
            Column(name="paid", type="category", categories=("no", "yes"), role=Role.OUTCOME),
        ),
    )


@pytest.fixture
def rows() -> pd.DataFrame:
    """Rows of the contract: whoever earns more pays, mostly."""
    random = np.random.default_rng(3)
    count = 240
    income = random.uniform(0, 100, count).round(1)
    paid = income + random.normal(0, 15, count) > 50
    return pd.DataFrame(
        {
            "id": np.arange(count),
            "income": income,
            "town": random.choice(["north", "south"], count),
            "owner": random.random(count) > 0.5,
            "sex": random.choice(["f", "m"], count),
            "paid": np.where(paid, "yes", "no"),
        }
    )


@pytest.fixture
def price() -> Contract:
    """A regression contract."""
    return Contract(
        name="prices",
        columns=(
            Column(name="area", type="number"),
            Column(name="price", type="number", role=Role.OUTCOME),
        ),
    )


@pytest.fixture
def sales() -> pd.DataFrame:
    """Rows of the regression contract."""
    random = np.random.default_rng(4)
    area = random.uniform(20, 200, 120)
    return pd.DataFrame({"area": area, "price": 3000 * area + random.normal(0, 5000, 120)})


@pytest.fixture
def biased() -> pd.DataFrame:
    """Rows of the contract in which men earn more, therefore pay more often, and mostly live in the north."""
    random = np.random.default_rng(5)
    count = 1000
    sex = random.choice(["f", "m"], count)
    income = np.clip(random.normal(np.where(sex == "m", 58, 42), 16), 0, 100).round(1)
    paid = income + random.normal(0, 12, count) > 50
    return pd.DataFrame(
        {
            "id": np.arange(count),
            "income": income,
            "town": np.where((sex == "m") == (random.random(count) < 0.85), "north", "south"),
            "owner": random.random(count) > 0.5,
            "sex": sex,
            "paid": np.where(paid, "yes", "no"),
        }
    )


@pytest.fixture
def open_contract(contract: Contract) -> Contract:
    """The two-class contract with the protected attribute among the features."""
    columns = tuple(
        column.model_copy(update={"role": Role.FEATURE}) if column.name == "sex" else column
        for column in contract.columns
    )
    return contract.model_copy(update={"columns": columns})
