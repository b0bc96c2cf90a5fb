"""A healthy credit project with a champion, and the means to plant a fault in a copy of it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Collection, Iterator
from datetime import date
from pathlib import Path

import pytest

from trunkline import data, evaluation
from trunkline.core.project import Project
from trunkline.core.release import Route
from trunkline.core.verdicts import Verdict
from trunkline.delivery import next_state, read_state, write_state
from trunkline.loop.gates import judging
from trunkline.loop.gates.judging import Judged
from trunkline.loop.model import checking, snapshots, training
from trunkline.loop.versions.bundles import champion_of

PACKAGE = {
    "__init__.py": "",
    "contract.py": """
import pandera.pandas as pa

class Contract(pa.DataFrameModel):
    case: int = pa.Field(ge=0, metadata={"role": "key"})
    customer: str = pa.Field(metadata={"role": "user"})
    month: int = pa.Field(ge=0, metadata={"role": "time"})
    income: float = pa.Field(ge=0, le=1000000, metadata={"unit": "euro a month"})
    debts: int = pa.Field(ge=0, le=20)
    savings: float = pa.Field(ge=0, nullable=True)
    owns: str = pa.Field(isin=["no", "yes"])
    region: str = pa.Field(isin=["north", "south", "east", "west"])
    sex: str = pa.Field(isin=["f", "m"], metadata={"role": "audit", "protected": True})
    age: int = pa.Field(ge=18, le=100, metadata={"role": "audit", "protected": True, "bands": [40]})
    repaid: str = pa.Field(isin=["no", "yes"], metadata={"role": "outcome", "positive": "yes"})

    class Config:
        name = "credit"
        strict = True
        coerce = True
""",
    "data.py": """
import numpy as np
import pandas as pd

def healthy(rows=3000, seed=11):
    draw = np.random.default_rng(seed)
    income = draw.gamma(4.0, 800.0, rows).round(0)
    debts = draw.poisson(2.0, rows).clip(0, 20)
    savings = draw.gamma(2.0, 2000.0, rows).round(0)
    owns = draw.choice(["no", "yes"], rows, p=[0.6, 0.4])
    odds = (income - 3200) / 1000 - 0.8 * (debts - 2) + (savings - 4000) / 4000 + (owns == "yes") * 0.7
    savings[draw.random(rows) < 0.05] = np.nan
    return pd.DataFrame({
        "case": range(rows),
        "customer": [f"customer {number}" for number in range(rows)],
        "month": draw.integers(0, 24, rows),
        "income": income,
        "debts": debts,
        "savings": savings,
        "owns": owns,
        "region": draw.choice(["north", "south", "east", "west"], rows, p=[0.4, 0.3, 0.2, 0.1]),
        "sex": draw.choice(["f", "m"], rows),
        "age": draw.integers(18, 80, rows),
        "repaid": np.where(draw.random(rows) < 1 / (1 + np.exp(-odds)), "yes", "no"),
    })

def plant(rows):
    return rows

def load():
    return plant(healthy())
""",
    "features.py": """
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

CATEGORIES = ["owns", "region"]
NUMBERS = ["income", "debts", "savings"]

def features():
    return ColumnTransformer([
        ("categories", OneHotEncoder(handle_unknown="ignore", sparse_output=False), CATEGORIES),
        ("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), NUMBERS),
    ])
""",
    "model.py": """
from sklearn.linear_model import LogisticRegression
from trunkline.training import Candidate

def candidates():
    return [Candidate("logistic", LogisticRegression())]
""",
}
POLICY = """
name: credit
package: credit
training: {search: {iterations: 1, folds: 2, jobs: 1}}
gates:
  performance:
    floors: {roc_auc: 0.7}
    resamples: 400
  robustness:
    metamorphic:
      - {name: more-debts, column: debts, add: 1, expect: not-higher}
      - {name: moved-house, column: region, swap: [north, south], expect: same, tolerance: 0.1}
monitoring: {performance: {metric: roc_auc}}
"""
DEPLOYMENT = """
environment: production
target: {kind: local, port: 0}
strategy: none
"""


def git(root: Path, *words: str) -> str:
    """Run git and return what it prints."""
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@localhost", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *identity, *words], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def write(path: Path, text: str) -> None:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.lstrip("\n"), encoding="utf-8")


def say(_: str) -> None:
    """Keep quiet."""


def proposed(root: Path) -> Project:
    """Lock the data and commit, as whoever proposes a change does."""
    project = Project(root)
    # A change of the contract takes new rows: those of the lock were taken under the terms of before.
    snapshots.snapshot(project, progress=say)
    checking.check_project(project)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--allow-empty", "--message", "A change")
    return project


def judge(root: Path, rooms: Collection[str] = evaluation.ROOMS) -> Judged:
    """Do what a pull request does: lock the data, commit, train, ask every gate (those of `rooms`)."""
    project = proposed(root)
    bundle, _, _ = training.train(project, progress=say)
    return judging.judge(project, bundle, progress=say, rooms=rooms)


@pytest.fixture(scope="module", autouse=True)
def quick(no_pictures: None) -> Iterator[None]:
    """Judge without pictures, and without MLflow: no gate asks it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "track", lambda *_, **__: "")
        yield


@pytest.fixture(scope="module")
def reigning(quick: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project whose healthy model is the champion."""
    root = tmp_path_factory.mktemp("reigning") / "credit"
    for name, text in PACKAGE.items():
        write(root / "src/credit" / name, text)
    write(root / "trunkline.yaml", POLICY)
    write(root / "deployments/production.yaml", DEPLOYMENT)
    write(root / "requirements/train.txt", "scikit-learn==1.9.1\n")
    write(root / ".gitignore", ".trunkline/\n__pycache__/\n")
    git(root, "init", "--quiet", "--initial-branch=main")
    judged = judge(root)
    assert judged.evaluation.outcome == "pass", [one for one in judged.evaluation.verdicts if one.stops]
    crown(root, judged)
    return root


def crown(root: Path, judged: Judged) -> None:
    """Write a judged bundle into the desired state as the champion."""
    path = Project(root).deployment("production")
    champion = Route(version=1, bundle=judged.bundle.digest)
    write_state(path, next_state(read_state(path), "single", challenger=champion, share=0.2))
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "Version 1 answers everyone")


class Workshop:
    """A copy of the healthy project in which a fault is planted."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def replace(self, name: str, old: str, new: str) -> Workshop:
        """Change a text of a file that must be there."""
        path = self.root / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{name} has no {old!r}"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return self

    def rows(self, code: str) -> Workshop:
        """Plant a fault in the rows: `code` is the body of a function that gets and returns `rows`."""
        body = "".join(f"    {line}\n" for line in code.strip().splitlines())
        return self.replace(
            "src/credit/data.py", "    return rows\n\ndef load", f"{body}    return rows\n\ndef load"
        )

    def model(self, code: str) -> Workshop:
        """Offer another candidate: `code` is the text of model.py."""
        write(self.root / "src/credit/model.py", code)
        return self

    def policy(self, old: str, new: str) -> Workshop:
        """Change the policy."""
        return self.replace("trunkline.yaml", old, new)

    def unchampioned(self) -> Workshop:
        """Let there be no champion: a first release."""
        write(self.root / "deployments/production.yaml", DEPLOYMENT)
        return self

    def judge(self) -> Judged:
        """Judge what was planted."""
        return judge(self.root)

    def verdicts(self, room: str) -> tuple[Verdict, ...]:
        """Return what the gates of a room say; those of data need no model."""
        if room != "data":
            # A waiver is about another gate, which is asked too.
            rooms = {"waivers": ("performance",)}.get(room, (room,))
            return judge(self.root, rooms).evaluation.verdicts
        project = proposed(self.root)
        snapshot = data.open_snapshot(project, data.read_lock(project).snapshot)
        champion = champion_of(project, progress=say)
        found = judging.data_verdicts(
            project, snapshot, champion, champion.manifest.decision if champion else None
        )
        return evaluation.apply_waivers(found, project.policy.gates.waivers, today=date(2026, 11, 30))


@pytest.fixture
def workshop(reigning: Path, tmp_path: Path) -> Workshop:
    """A copy of the healthy project, with its champion."""
    root = tmp_path / "credit"
    shutil.copytree(reigning, root)
    return Workshop(root)


@pytest.fixture(name="crown")
def _crown() -> Callable[[Path, Judged], None]:
    """Make a judged bundle the champion."""
    return crown
