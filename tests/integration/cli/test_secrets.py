"""A workflow's tokens, and the project's own code that runs in the very process that was given them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from trunkline.core.project import Project

from ..loop.conftest import make_project

TOKENS = {
    "GITHUB_TOKEN": "sesame",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "sesame",
    "AWS_SECRET_ACCESS_KEY": "sesame",
    "MLFLOW_TRACKING_PASSWORD": "sesame",
    "TRUNKLINE_SMTP_PASSWORD": "sesame",
    "A_SECRET_THAT_NOBODY_THOUGHT_OF": "sesame",
}
SPY = """
import json, os, pathlib

def _spy(name):
    system = pathlib.Path("/proc/self/environ")
    seen = {"python": dict(os.environ), "system": system.read_text() if system.exists() else ""}
    pathlib.Path(os.environ["TRUNKLINE_SEEN"], name + ".json").write_text(json.dumps(seen))

"""
SPIED = {"data": "    draw =", "features": "    return ColumnTransformer", "contract": "class Contract"}


@pytest.fixture
def spied(tmp_path: Path) -> Project:
    """A project whose code writes down the environment that it is run in."""
    project = make_project(tmp_path / "loans")
    for name, place in (
        ("data", "    draw ="),
        ("features", "    return ColumnTransformer"),
        ("contract", "class Contract"),
    ):
        path = project.root / f"src/loans/{name}.py"
        text = path.read_text(encoding="utf-8")
        indent = place[: len(place) - len(place.lstrip())]
        path.write_text(SPY + text.replace(place, f"{indent}_spy({name!r})\n{place}", 1), encoding="utf-8")
    return project


@pytest.fixture
def in_a_workflow(spied: Project, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a verb as a step of a workflow does, with the job's tokens."""
    (tmp_path / "seen").mkdir()

    def run(*verb: str, **more: str) -> subprocess.CompletedProcess[str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
        environment |= {"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(tmp_path / "output")}
        environment |= {"TRUNKLINE_SEEN": str(tmp_path / "seen")} | TOKENS | more
        program = "from trunkline.cli import main; main()"
        return subprocess.run(
            [sys.executable, "-c", program, "--project", str(spied.root), *verb],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def seen(tmp_path: Path, name: str) -> dict[str, dict[str, str]]:
    """Return the environment that a module of the project wrote down, and the system's record of it."""
    found: dict[str, dict[str, str]] = json.loads(
        (tmp_path / f"seen/{name}.json").read_text(encoding="utf-8")
    )
    return found


def test_the_projects_code_sees_no_token_of_the_step_that_runs_it(
    in_a_workflow: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    taken = in_a_workflow("snapshot")
    assert taken.returncode == 0, taken.stderr
    trained = in_a_workflow("train")
    assert trained.returncode == 0, trained.stderr

    for name in ("contract", "data", "features"):
        found = seen(tmp_path, name)
        assert "sesame" not in found["python"].values()
        assert not {*TOKENS} & {*found["python"]}
        assert "sesame" not in found["system"]
        assert found["python"]["GITHUB_ACTIONS"] == "true"
        # By it a step writes the answers that later steps go by.
        assert "GITHUB_OUTPUT" not in found["python"]


def test_what_the_policy_names_is_lent_to_the_code_that_reads_the_rows_and_to_no_other(
    spied: Project, in_a_workflow: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    path = spied.root / "trunkline.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("data: {minimum_rows: 300}", "data: {minimum_rows: 300, environment: [ROWS_PASSWORD]}"),
        encoding="utf-8",
    )

    taken = in_a_workflow("snapshot", ROWS_PASSWORD="rosebud")

    assert taken.returncode == 0, taken.stderr
    assert seen(tmp_path, "data")["python"]["ROWS_PASSWORD"] == "rosebud"
    assert "ROWS_PASSWORD" not in seen(tmp_path, "contract")["python"]
    assert "sesame" not in seen(tmp_path, "data")["python"].values()


def test_a_step_still_hands_its_answers_on(
    in_a_workflow: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    done = in_a_workflow("ci", "adopt", "--scheduled")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "output").read_text(encoding="utf-8").splitlines() == ["train=false", "ask=false"]


def test_code_that_misses_a_variable_is_told_where_to_name_it(
    spied: Project, in_a_workflow: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    path = spied.root / "src/loans/data.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace("    draw =", '    os.environ["ROWS_PASSWORD"]\n    draw =', 1), encoding="utf-8"
    )

    refused = in_a_workflow("snapshot", ROWS_PASSWORD="rosebud")

    assert refused.returncode != 0
    assert "ROWS_PASSWORD" in refused.stderr
    assert "data.environment" in refused.stderr
