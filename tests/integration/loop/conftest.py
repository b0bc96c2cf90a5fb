"""A small project with real git, a real local forge and a real embedded MLflow store, and one quick candidate."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from trunkline.core.lineage import Version
from trunkline.core.project import Project
from trunkline.forge import LocalForge
from trunkline.loop.versions.trained import Trained, name_version

from ..conftest import put_empty_store

PACKAGE = {
    "__init__.py": "",
    "contract.py": """
import pandera.pandas as pa

class Contract(pa.DataFrameModel):
    case: int = pa.Field(ge=0, metadata={"role": "key"})
    month: int = pa.Field(ge=0, metadata={"role": "time"})
    income: float = pa.Field(ge=0, le=500)
    region: str = pa.Field(isin=["north", "south"])
    sex: str = pa.Field(isin=["f", "m"], metadata={"role": "audit", "protected": True})
    repaid: str = pa.Field(isin=["no", "yes"], metadata={"role": "outcome", "positive": "yes"})

    class Config:
        name = "loans"
        strict = True
        coerce = True
""",
    "data.py": """
import numpy as np
import pandas as pd

def load(rows=1200, seed=3):
    draw = np.random.default_rng(seed)
    income = draw.gamma(4.0, 25.0, rows).clip(0, 500).round(2)
    region = draw.choice(["north", "south"], rows)
    chance = 1 / (1 + np.exp(-(income - 90) / 25 - (region == "north") * 0.5))
    return pd.DataFrame({
        "case": range(rows),
        "month": np.arange(rows) // 100,
        "income": income,
        "region": region,
        "sex": draw.choice(["f", "m"], rows),
        "repaid": np.where(draw.random(rows) < chance, "yes", "no"),
    })
""",
    "features.py": """
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

def features():
    return ColumnTransformer([
        ("categories", OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["region"]),
        ("numbers", StandardScaler(), ["income"]),
    ])
""",
    "model.py": """
from sklearn.linear_model import LogisticRegression
from trunkline.training import Candidate

def candidates():
    return [Candidate("logistic", LogisticRegression(), search={"C": [0.1, 1.0]})]
""",
}
POLICY = """
name: loans
package: loans
data: {minimum_rows: 300}
training: {search: {iterations: 2, folds: 3, jobs: 1}}
# Sex is drawn by chance, and which answered rows are tested on follows from random ids: only what is gross turns red.
gates:
  performance: {floors: {roc_auc: 0.6}, calibration: 0.4, resamples: 200}
  fairness: {demographic_parity_ratio: 0.5, equalized_odds_difference: 0.6}
monitoring: {window_rows: 200, minimum_rows: 100}
responses:
  rules:
    - {kind: data, do: [issue]}
    - {kind: performance, do: [issue, retrain]}
    - {kind: infrastructure, do: [issue]}
retraining: {rows: 700}
"""
DEPLOYMENT = """
# who serves
environment: production
target: {kind: local, port: 0}
strategy: none
"""


def git(root: Path, *words: str) -> str:
    """Run git and return what it prints."""
    done = subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def make_project(root: Path) -> Project:
    """Write the project, commit it, and give it a local forge."""
    for name, text in PACKAGE.items():
        write(root / "src/loans" / name, text)
    write(root / "trunkline.yaml", POLICY)
    write(root / "deployments/production.yaml", DEPLOYMENT)
    write(root / "requirements/train.txt", "scikit-learn==1.9.1\n")
    write(root / ".gitignore", ".trunkline/\n__pycache__/\n")
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "config", "user.name", "Ada")
    git(root, "config", "user.email", "ada@localhost")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "First commit")
    project = Project(root)
    LocalForge.create(project.forge_folder, root)
    put_empty_store(project.work / "mlflow.db")
    return project


def copied(project: Project, root: Path) -> Project:
    """Return a copy of a project with its forge and its store; nothing of it may be serving."""
    shutil.copytree(project.root, root, symlinks=True)
    copy = Project(root)
    origin = git(project.root, "remote", "get-url", "origin")
    git(root, "remote", "set-url", "origin", origin.replace(str(project.root), str(root)))
    return copy


def named_on_main(project: Project, version: Version, trained: Trained) -> None:
    """Let main name a version, as the merge of its promotion does."""
    name_version(project, version, trained)
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", f"Version {version.number}")
    git(project.root, "push", "--quiet", "origin", "HEAD:main")


def write(path: Path, text: str) -> None:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.lstrip("\n"), encoding="utf-8")


@pytest.fixture(name="make_project", scope="session")
def _make_project() -> Callable[[Path], Project]:
    """Make a project in a folder."""
    return make_project


@pytest.fixture(name="git", scope="session")
def _git() -> Callable[..., str]:
    """Run git in a folder."""
    return git


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A fresh project."""
    return make_project(tmp_path / "loans")


@pytest.fixture(scope="module", autouse=True)
def quick(no_pictures: None) -> None:
    """Judge without pictures, where nobody looks at them."""
