"""A project on disk whose load() reads a CSV file that a test may spoil."""

from __future__ import annotations

import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from trunkline.core.project import Project

CONTRACT = """
    import pandera.pandas as pa

    class Contract(pa.DataFrameModel):
        loan: int = pa.Field(metadata={"role": "key"})
        year: int = pa.Field(metadata={"role": "time"})
        income: float = pa.Field(ge=0, nullable=True)
        debts: int = pa.Field(ge=0, le=20)
        region: str = pa.Field(isin=["north", "south"])
        sex: str = pa.Field(isin=["f", "m"], nullable=True, metadata={"role": "audit", "protected": True})
        paid: str = pa.Field(isin=["no", "yes"], metadata={"role": "outcome", "positive": "yes"})

        class Config:
            strict = True
            coerce = True
            name = "loans"
"""
DATA = """
    from pathlib import Path
    import pandas as pd

    def load():
        return pd.read_csv(Path(__file__).parents[2] / "loans.csv")
"""
POLICY = """
    name: loans
    package: loans
    data:
      window: {first: 2001, last: 2008}
"""


@pytest.fixture
def loans() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    count = 600
    return pd.DataFrame(
        {
            "loan": np.arange(count),
            "year": rng.integers(2000, 2010, count),
            "income": np.where(rng.random(count) < 0.1, np.nan, rng.gamma(2, 1000, count).round(2)),
            "debts": rng.integers(0, 20, count),
            "region": rng.choice(["north", "south"], count),
            "sex": rng.choice(["f", "m"], count),
            "paid": np.where(rng.random(count) < 0.3, "no", "yes"),
        }
    )


@pytest.fixture
def project(tmp_path: Path, loans: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> Project:
    package = tmp_path / "src" / "loans"
    package.mkdir(parents=True)
    for path, text in (
        (tmp_path / "trunkline.yaml", POLICY),
        (package / "__init__.py", ""),
        (package / "contract.py", CONTRACT),
        (package / "data.py", DATA),
    ):
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    loans.to_csv(tmp_path / "loans.csv", index=False)
    monkeypatch.syspath_prepend(str(tmp_path / "src"))
    return Project(tmp_path)
