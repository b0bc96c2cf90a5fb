"""The model of the workflow runs: four small files of a user and a policy that trains in seconds.

The tests are the template's own, unmodified.
"""

from __future__ import annotations

from pathlib import Path

CONTRACT = '''"""What a row is."""

import pandera.pandas as pa


class Contract(pa.DataFrameModel):
    """Loans and whether they were repaid."""

    case: int = pa.Field(ge=0, metadata={"role": "key"})
    month: int = pa.Field(ge=0, metadata={"role": "time"})
    income: float = pa.Field(ge=0, le=500)
    region: str = pa.Field(isin=["north", "south"])
    sex: str = pa.Field(isin=["f", "m"], metadata={"protected": True})
    repaid: str = pa.Field(isin=["no", "yes"], metadata={"role": "outcome", "positive": "yes"})

    class Config:
        """Names and strictness."""

        name = "loans"
        strict = True
        coerce = True
'''
DATA = '''"""Where rows come from."""

import numpy as np
import pandas as pd


def load(rows: int = 1500, seed: int = 3) -> pd.DataFrame:
    """Return every loan."""
    draw = np.random.default_rng(seed)
    income = draw.gamma(4.0, 25.0, rows).clip(0, 500).round(2)
    region = draw.choice(["north", "south"], rows)
    chance = 1 / (1 + np.exp(-(income - 90) / 25 - (region == "north") * 0.5))
    return pd.DataFrame(
        {
            "case": range(rows),
            "month": np.arange(rows) // 100,
            "income": income,
            "region": region,
            "sex": draw.choice(["f", "m"], rows),
            "repaid": np.where(draw.random(rows) < chance, "yes", "no"),
        }
    )
'''
FEATURES = '''"""How a row becomes numbers."""

from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def features() -> ColumnTransformer:
    """Return the transformer."""
    return ColumnTransformer(
        [
            ("categories", OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["region"]),
            ("numbers", StandardScaler(), ["income"]),
        ]
    )
'''
MODEL = '''"""Which estimators compete."""

from sklearn.linear_model import LogisticRegression
from trunkline.training import Candidate


def candidates() -> list[Candidate]:
    """Return the candidates."""
    return [Candidate("logistic", LogisticRegression(), search={"C": [0.1, 1.0]})]
'''
POLICY = """# yaml-language-server: $schema=./trunkline.schema.json
name: {slug}
package: {package}
owner: The loans team
data: {{minimum_rows: 300, split: {{method: stratified, validation: 0.2, test: 0.25, seed: 7}}}}
training: {{search: {{iterations: 2, folds: 3, jobs: 1}}}}
# Sex is drawn by chance and the test part is small: only a gross bias may turn these red.
gates:
  performance: {{floors: {{roc_auc: 0.6}}, calibration: 0.4, margin: 0.1, resamples: 200}}
  fairness: {{demographic_parity_ratio: 0.5, equalized_odds_difference: 0.6}}
  load: {{rate: 50, seconds: 2, warm_up_s: 0.2, latency_p95_ms: 2000}}
  deepchecks: {{suites: []}}
rollout: {{minimum_rows: 60, minimum_hours: 0}}
monitoring: {{window_rows: 200, minimum_rows: 100}}
responses:
  rules:
    - {{kind: data, do: [issue]}}
    - {{kind: performance, do: [issue, retrain]}}
    - {{kind: infrastructure, do: [issue]}}
retraining: {{rows: 700}}
"""
DEPLOYMENT = """# Who serves {environment}.
environment: {environment}
target: {{kind: local, port: 0}}
strategy: none
"""


def put_bias_in(project: Path, package: str) -> None:
    """Let the history favour men and the model learn it."""
    source = project / "src" / package
    data = (source / "data.py").read_text()
    drawn = '        "sex": draw.choice(["f", "m"], rows),\n'
    told = 'chance = 1 / (1 + np.exp(-(income - 90) / 25 - (region == "north") * 0.5))'
    assert drawn in data.replace("            ", "        ")
    assert told in data
    data = data.replace("            " + drawn.strip() + "\n", '            "sex": sex,\n')
    data = data.replace(
        told,
        'sex = draw.choice(["f", "m"], rows)\n'
        '    favour = np.where(sex == "m", 2.5, -2.5)\n'
        '    chance = 1 / (1 + np.exp(-(income - 90) / 25 - (region == "north") * 0.5 - favour))',
    )
    (source / "data.py").write_text(data)
    features = (source / "features.py").read_text()
    (source / "features.py").write_text(features.replace('["region"]', '["region", "sex"]'))


def put_in(project: Path, package: str) -> None:
    """Put the model in the place of the template's example, as its user would: four files, the policy, the targets."""
    source = project / "src" / package
    for name, text in (
        ("contract", CONTRACT),
        ("data", DATA),
        ("features", FEATURES),
        ("model", MODEL),
    ):
        (source / f"{name}.py").write_text(text)
    slug = package.replace("_", "-")
    (project / "trunkline.yaml").write_text(POLICY.format(package=package, slug=slug))
    for environment in ("staging", "production"):
        (project / "deployments" / f"{environment}.yaml").write_text(
            DEPLOYMENT.format(environment=environment)
        )
