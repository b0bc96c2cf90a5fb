"""The stand-in for actions/checkout gives a job no more history than its workflow asks for."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ACTION = Path(__file__).parents[2] / "act/actions/checkout/action.yml"
IDENTITY = ("-c", "user.name=Ada", "-c", "user.email=ada@localhost", "-c", "commit.gpgsign=false")


def git(folder: Path, *words: str) -> str:
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", *IDENTITY, *words], cwd=folder, env=surroundings, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone of an origin with two commits on main and one more on a branch."""
    origin, made = tmp_path / "origin", tmp_path / "clone"
    origin.mkdir()
    git(origin, "init", "--quiet", "--initial-branch=main")
    for message in ("One", "Two"):
        git(origin, "commit", "--quiet", "--allow-empty", "--message", message)
    git(origin, "branch", "other")
    git(tmp_path, "clone", "--quiet", str(origin), str(made))
    return made


def checkout(clone: Path, *, depth: str, ref: str = "") -> Path:
    """Run the stand-in's script in an empty folder and return the folder that it filled."""
    place = clone.parent / "job"
    place.mkdir()
    script = YAML(typ="safe").load(ACTION)["runs"]["steps"][0]["run"]
    given = {"STANDIN_CLONE": str(clone), "STANDIN_ORIGIN": str(clone.parent / "origin")}
    given |= {"REF": ref, "FOLDER": "here", "DEPTH": depth}
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    subprocess.run(["bash", "-e", "-c", script], cwd=place, env=surroundings | given, check=True)
    return place / "here"


@pytest.mark.parametrize("ref", ["", "main"])
def test_one_commit_is_all_that_a_job_gets_unless_it_asks_for_more(clone: Path, ref: str) -> None:
    found = checkout(clone, depth="1", ref=ref)
    assert git(found, "rev-list", "--count", "HEAD") == "1"
    assert git(found, "rev-parse", "--is-shallow-repository") == "true"
    assert git(found, "branch", "--show-current") == "main"
    assert "other" not in git(found, "branch", "--all")


def test_a_job_that_asks_for_all_gets_every_branch(clone: Path) -> None:
    found = checkout(clone, depth="0")
    assert git(found, "rev-list", "--count", "HEAD") == "2"
    assert git(found, "rev-parse", "origin/other") == git(found, "rev-parse", "HEAD")


def test_a_pull_requests_merge_is_on_no_branch_and_main_is_unknown(clone: Path) -> None:
    git(clone, "checkout", "--quiet", "--detach")
    git(clone, "commit", "--quiet", "--allow-empty", "--message", "Merge")
    found = checkout(clone, depth="1")
    assert git(found, "branch", "--show-current") == ""
    assert git(found, "rev-parse", "HEAD") == git(clone, "rev-parse", "HEAD")
    assert "origin/main" not in git(found, "branch", "--all")
