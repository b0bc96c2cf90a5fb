"""What several tests share: the contract, real rows, and a copy of this project to train in.

None of these tests knows a column by name: they read the contract, so they hold when the four files are replaced.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from ruamel.yaml import YAML
from trunkline.core.contract import Contract
from trunkline.core.policy.reading import read_policy
from trunkline.core.project import Project
from trunkline.data import check_rows, contract_from
from trunkline.tasks import answer_rows
from trunkline.training import features_of, offered
from trunkline.training.few_rows import few_rows

from {{ cookiecutter.package }}.contract import Contract as Schema
from {{ cookiecutter.package }}.data import load
from {{ cookiecutter.package }}.model import candidates

PROJECT = Path(__file__).parent.parent
# The command of the environment that runs the tests, whatever PATH says.
TRUNKLINE = Path(sys.executable).with_name("trunkline")
# What would lead a copy of the project to somebody's production, or into the run of a workflow around the tests.
ELSEWHERE = (
    "GIT_",
    "GITHUB_ENV",
    "GITHUB_OUTPUT",
    "GITHUB_STEP_SUMMARY",
    "MLFLOW_",
    "TRUNKLINE_HOME",
    "TRUNKLINE_TOKEN",
)
ROOMS = ("data", "deepchecks", "fairness", "load", "performance", "robustness", "slices")

Verb = Callable[..., str]


@pytest.fixture(scope="session")
def surroundings() -> dict[str, str]:
    """The environment of verbs that act on a copy of the project."""
    return {name: value for name, value in os.environ.items() if not name.startswith(ELSEWHERE)}


@pytest.fixture(scope="session")
def contract() -> Contract:
    """What the contract says."""
    return contract_from(Schema)


@pytest.fixture(scope="session")
def features(contract: Contract) -> Callable[[], Any]:
    """What features.py says, or else the contract by itself."""
    return features_of(Project.find(PROJECT), contract)


@pytest.fixture(scope="session")
def reached() -> None:
    """Skip what needs rows in a workflow where they lie behind a secret: tests do not get it."""
    behind = read_policy(PROJECT / "trunkline.yaml").data.rows != "repository"
    if behind and os.environ.get("GITHUB_ACTIONS") == "true":
        pytest.skip("the rows lie behind a secret (data.rows), which tests do not get")


@pytest.fixture(scope="session")
def loaded(reached: None) -> pd.DataFrame:
    """Every row as `load()` gives it; copy before you change one."""
    return load()


@pytest.fixture(scope="session")
def rows(loaded: pd.DataFrame) -> pd.DataFrame:
    """Every row, in the contract's types."""
    return check_rows(loaded, Schema)


@pytest.fixture(scope="session")
def some(rows: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """About three hundred rows as a model is asked them, every class among them."""
    return answer_rows(few_rows(rows, contract, count=300), contract)


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, a git repository of its own: what is made in it never touches yours.

    The data are yours. The search is cut to one candidate and two settings. What the gates then say is no matter here,
    so each is waived: `make evaluate` asks them about the model that you would release. Nothing is released or served
    there yet, whatever serves by now, and store and forge are folders of the copy.
    """
    folder = tmp_path_factory.mktemp("workshop") / "project"
    made = shutil.ignore_patterns(".git", ".venv*", ".trunkline", "__pycache__", ".*_cache", "packed")
    shutil.copytree(PROJECT, folder, ignore=made)
    policy = read_policy(folder / "trunkline.yaml")
    first = offered(candidates, policy.training.candidates)[0].name
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    yaml = YAML()
    written = yaml.load(folder / "trunkline.yaml")
    training = written.setdefault("training", {})
    training["candidates"] = [first]
    training.setdefault("search", {}).update(iterations=2, folds=2, jobs=1)
    written.setdefault("gates", {})["waivers"] = [
        {"gate": f"{room}/*", "owner": "the tests", "reason": "a model of two settings", "expires": tomorrow}
        for room in ROOMS
    ]
    written["registry"] = {"kind": "mlflow"}
    written["forge"] = {"kind": "local", "main": policy.forge.main}
    yaml.dump(written, folder / "trunkline.yaml")
    for path in (folder / "deployments").glob("*.yaml"):
        state = yaml.load(path)
        state.update(strategy="none", champion=None, challenger=None, share=0.0)
        yaml.dump(state, path)
    for card in (folder / "model_cards").glob("v*/"):
        shutil.rmtree(card)
    git(folder, "init", "--quiet", f"--initial-branch={policy.forge.main}")
    commit(folder, "A copy for the tests")
    return folder


@pytest.fixture(scope="session")
def trunkline(workshop: Path, surroundings: dict[str, str]) -> Verb:
    """Run a verb in the workshop as a user would; the test fails with what it printed if the verb fails."""

    def verb(*words: str) -> str:
        done = subprocess.run(
            [TRUNKLINE, "--project", workshop, *words],
            env=surroundings,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, f"trunkline {' '.join(words)}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    return verb


@pytest.fixture(scope="session")
def trained(reached: None, workshop: Path, trunkline: Verb) -> Path:
    """The workshop after a snapshot was locked and a model was trained on it."""
    trunkline("snapshot")
    commit(workshop, "Lock the data")
    trunkline("train")
    return workshop


def git(folder: Path, *words: str) -> None:
    """Run git in a folder, under a name of its own so that no configuration is needed."""
    settings = (
        "user.name=Tests",
        "user.email=tests@localhost",
        "commit.gpgsign=false",
        f"core.hooksPath={os.devnull}",
    )
    options = [part for setting in settings for part in ("-c", setting)]
    outside = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(["git", *options, *words], cwd=folder, env=outside, check=True, capture_output=True)  # noqa: S607


def commit(folder: Path, message: str) -> None:
    """Commit everything in a folder, if only that nothing has changed."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)
