"""What people write over a generated project: four files and a policy. None of it knows the example."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

ROWS = 600

DATA = '''"""Rows from a file beside the project, as a nightly export would leave them."""

from pathlib import Path

import pandas as pd

EXPORT = Path(__file__).parents[2] / "export.csv"


def load() -> pd.DataFrame:
    """Return every row."""
    return pd.read_csv(EXPORT, dtype={"job": "str"}).astype({"months": "Int64"})
'''

CONTRACT = '''"""A contract of every type that a bank has: codes, counts, amounts, words, nulls, a time."""

import pandas as pd
import pandera.pandas as pa


class Contract(pa.DataFrameModel):
    """One customer on one day."""

    number: int = pa.Field(ge=1, unique=True, metadata={"role": "key"})
    customer: str = pa.Field(metadata={"role": "user"})
    called: str = pa.Field(metadata={"role": "time"})
    age: int = pa.Field(ge=18, le=95, metadata={"unit": "years"})
    job: str = pa.Field(isin=["admin.", "blue-collar", "größer als 50 %"], nullable=True)
    months: pd.Int64Dtype = pa.Field(ge=0, le=120, nullable=True)
    balance: float = pa.Field(nullable=True)
    in_debt: int = pa.Field(isin=[0, 1])
    region: str = pa.Field(isin=["north", "south"], metadata={"role": "audit"})
OUTCOME
    class Config:
        """Named after what is sold."""

        name = "deposits"
        strict = True
        coerce = True
'''

FEATURES = '''"""One-hot for words, the median for nulls."""

from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import OneHotEncoder


def features() -> ColumnTransformer:
    """Return the unfitted transformer."""
    return ColumnTransformer(
        [
            ("words", OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["job"]),
            ("numbers", SimpleImputer(strategy="median"), ["age", "months", "balance", "in_debt"]),
        ]
    )
'''

CLASSIFIER = '''"""One candidate."""

from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from trunkline.training import Candidate


def candidates() -> list[Candidate]:
    """Return it."""
    estimator = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
    return [Candidate("linear", estimator, search={"logisticregression__C": [0.1, 1.0]})]
'''

REGRESSOR = '''"""One candidate."""

from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from trunkline.training import Candidate


def candidates() -> list[Candidate]:
    """Return it."""
    return [Candidate("ridge", make_pipeline(StandardScaler(), Ridge()), search={"ridge__alpha": [0.1, 1.0]})]
'''

POLICY = """name: deposits
package: PACKAGE
owner: Zoë
data:
  split: {method: grouped, validation: 0.2, test: 0.3, seed: 11}
  minimum_rows: 300
training:
  search: {metric: METRIC, iterations: 1, folds: 2, jobs: 1}
gates:
  performance: {floors: FLOORS, metric: METRIC, margin: 0.1, resamples: 200}
monitoring:
  window_rows: 200
  minimum_rows: 60
  performance: {metric: METRIC, margin: 0.2}
"""


@dataclass(frozen=True)
class Task:
    """What is asked of the same customers: the outcome's field, the model and the policy's metric and floors."""

    outcome: str
    model: str
    metric: str
    floors: str


TASKS = {
    # 0 and 1, as most files have it.
    "classification": Task(
        'y: int = pa.Field(isin=[0, 1], metadata={"role": "outcome"})',
        CLASSIFIER,
        "roc_auc",
        "{roc_auc: 0.7}",
    ),
    "regression": Task(
        'y: float = pa.Field(metadata={"role": "outcome"})', REGRESSOR, "neg_mean_absolute_error", "{r2: 0.4}"
    ),
}


def customers(task: str, rows: int = ROWS, *, seed: int = 3, first: int = 1) -> list[dict[str, object]]:
    """Return rows of the export: two thirds of what happens is told by age, months, balance and debt."""
    drawn = np.random.default_rng(seed)
    made: list[dict[str, object]] = []
    for place in range(rows):
        age, months = int(drawn.integers(18, 96)), int(drawn.integers(0, 121))
        balance, debt = float(np.round(drawn.normal(1000, 800), 2)), int(drawn.random() < 0.3)
        pull = (age - 56) / 20 + (months - 60) / 60 + (balance - 1000) / 800 - debt + drawn.normal(0, 0.8)
        made.append(
            {
                "number": first + place,
                "customer": f"c{drawn.integers(0, rows):04d}",
                "called": f"2026-{1 + place * 10 // rows:02d}-15T10:00:00Z",
                "age": age,
                "job": None
                if drawn.random() < 0.05
                else ["admin.", "blue-collar", "größer als 50 %"][place % 3],
                "months": None if drawn.random() < 0.05 else months,
                "balance": None if drawn.random() < 0.05 else balance,
                "in_debt": debt,
                "region": "north" if drawn.random() < 0.5 else "south",
                "y": int(pull > 0) if task == "classification" else float(np.round(100 + 40 * pull, 3)),
            }
        )
    return made


def as_csv(rows: list[dict[str, object]]) -> str:
    """Return rows as a CSV file, null as nothing."""
    lines = [",".join(rows[0])]
    lines += [",".join("" if value is None else str(value) for value in row.values()) for row in rows]
    return "\n".join(lines) + "\n"


def put_in(project: Path, task: str) -> None:
    """Replace the four files and the policy of a generated project."""
    (package,) = (path.parent for path in (project / "src").glob("*/contract.py"))
    asked = TASKS[task]
    files = {
        "contract": CONTRACT.replace("OUTCOME", f"    {asked.outcome}\n"),
        "data": DATA,
        "features": FEATURES,
        "model": asked.model,
    }
    for name, text in files.items():
        (package / f"{name}.py").write_text(text, encoding="utf-8")
    policy = POLICY.replace("PACKAGE", package.name).replace("METRIC", asked.metric)
    (project / "trunkline.yaml").write_text(policy.replace("FLOORS", asked.floors), encoding="utf-8")
    (project / "export.csv").write_text(as_csv(customers(task)), encoding="utf-8")


def traffic(path: Path, task: str, rows: int = 120) -> None:
    """Write later customers, with what became of them, as JSON lines for `trunkline send`."""
    later = customers(task, rows, seed=5, first=10_001)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in later), encoding="utf-8")
