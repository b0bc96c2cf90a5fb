"""What several tests share: real rows, and a copy of this project to train in."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from ruamel.yaml import YAML

from {{ cookiecutter.package }}.data import load

PROJECT = Path(__file__).parent.parent
# The command of the environment that runs the tests, whatever PATH says.
TRUNKLINE = Path(sys.executable).with_name("trunkline")

Verb = Callable[..., str]


@pytest.fixture(scope="session")
def rows() -> pd.DataFrame:
    """Every row that the project knows; copy before you change one."""
    return load()


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, a git repository of its own: what is made in it never touches yours.

    The data are yours and so are the gates; the search is cut to one candidate and two settings, and nothing is
    released or served there yet, whatever serves by now.
    """
    folder = tmp_path_factory.mktemp("workshop") / "project"
    made = shutil.ignore_patterns(".git", ".venv", ".trunkline", "__pycache__", ".*_cache")
    shutil.copytree(PROJECT, folder, ignore=made)
    yaml = YAML()
    policy = yaml.load(folder / "trunkline.yaml")
    policy["training"]["candidates"] = ["logistic-regression"]
    policy["training"]["search"].update(iterations=2, folds=2, jobs=1)
    yaml.dump(policy, folder / "trunkline.yaml")
    for path in (folder / "deployments").glob("*.yaml"):
        state = yaml.load(path)
        state.update(strategy="none", champion=None, challenger=None, share=0.0)
        yaml.dump(state, path)
    for card in (folder / "model_cards").glob("v*/"):
        shutil.rmtree(card)
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder, "A copy for the tests")
    return folder


@pytest.fixture(scope="session")
def trunkline(workshop: Path) -> Verb:
    """Run a verb in the workshop as a user would; the test fails with what it printed if the verb fails."""

    def verb(*words: str) -> str:
        done = subprocess.run(
            [TRUNKLINE, "--project", workshop, *words], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"trunkline {' '.join(words)}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    return verb


@pytest.fixture(scope="session")
def trained(workshop: Path, trunkline: Verb) -> Path:
    """The workshop after a snapshot was locked and a model was trained on it."""
    trunkline("snapshot")
    commit(workshop, "Lock the data")
    trunkline("train")
    return workshop


def git(folder: Path, *words: str) -> None:
    """Run git in a folder, under a name of its own so that no configuration is needed."""
    identity = ["-c", "user.name=Tests", "-c", "user.email=tests@localhost", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)  # noqa: S607


def commit(folder: Path, message: str) -> None:
    """Commit everything in a folder, if only that nothing has changed."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)
