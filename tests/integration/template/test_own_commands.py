"""The commands of a rendered project do what its README says, by `make` as a newcomer calls them.

Its environment is this repository's, put in place of the one that `make setup` would install: the demo does that.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from ruamel.yaml import YAML

from warm import programs

Make = Callable[..., str]
ROW = {"arrest_id": 1, "year": 2002, "age": 23, "employed": "Yes", "citizen": "Yes", "checks": 2}


def surroundings() -> dict[str, str]:
    """Return the environment without what would lead git into this repository or tell make that make called it."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "MAKE", "MFLAGS"))
    }


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
def project(render: Callable[..., Any]) -> Path:
    """A rendered project with this environment, a free port, and a search of one candidate to save time."""
    folder: Path = render().project
    for name in ("python", "trunkline"):
        program = folder / ".venv" / "bin" / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f'#!/bin/sh\nexec "{programs() / name}" "$@"\n')
        program.chmod(0o755)
    (folder / ".venv" / "installed").touch()
    yaml = YAML()
    policy = yaml.load(folder / "trunkline.yaml")
    policy["training"]["candidates"] = ["logistic-regression"]
    policy["training"]["search"].update(iterations=2, folds=2, jobs=1)
    yaml.dump(policy, folder / "trunkline.yaml")
    state = folder / "deployments" / "production.yaml"
    state.write_text(state.read_text(encoding="utf-8").replace("port: 8080", f"port: {free_port()}"))
    return folder


@pytest.fixture(scope="module")
def call(project: Path) -> Callable[..., str]:
    """Run a command in the project; the test fails with what it printed if the command fails."""

    def run(*words: str) -> str:
        done = subprocess.run(
            words, cwd=project, env=surroundings(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{' '.join(words)}:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    return run


@pytest.fixture(scope="module")
def trained(project: Path, call: Make) -> str:
    """What `make train` printed; the rows that it locked are committed, as the README says."""
    identity = ("-c", "user.name=Ada", "-c", "user.email=ada@localhost")
    call("git", *identity, "commit", "--quiet", "--all", "--message", "Our ports")
    printed = call("make", "train")
    call("git", "add", "data.lock")
    call("git", *identity, "commit", "--quiet", "--message", "Lock the data")
    return printed


@pytest.fixture(scope="module")
def live(project: Path, call: Make, trained: str) -> Iterator[str]:
    """What `make apply` printed after the first release was merged."""
    call("make", "release")
    call(".venv/bin/trunkline", "pr", "merge", "1")
    call("git", "pull", "--quiet", "origin", "main")
    yield call("make", "apply")
    call("make", "stop")


def address(printed: str) -> str:
    """Return where the service answers, from what `make apply` printed."""
    return next(line.split()[1] for line in printed.splitlines() if line.startswith("address:"))


def test_make_test_runs_the_projects_own_tests_and_they_pass(project: Path, call: Make) -> None:
    last = call("make", "test").splitlines()[-1]
    assert " passed" in last
    assert not {"failed", "skipped", "error"} & set(last.replace(",", "").split())


def test_make_train_locks_the_rows_and_says_what_it_measured(project: Path, trained: str) -> None:
    assert "candidate:     logistic-regression" in trained
    assert re.search(r"^ *roc_auc\W+0\.\d{3} \(95 % interval", trained, flags=re.MULTILINE)
    assert (project / "data.lock").is_file()


def test_make_serve_answers_until_it_is_interrupted(project: Path, trained: str) -> None:
    process = subprocess.Popen(
        ["make", "serve"], cwd=project, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        assert process.stderr
        events = (json.loads(line) for line in process.stderr if line.startswith("{"))
        port = next(event["port"] for event in events if event["event"] == "started")
        reply = httpx.post(f"http://127.0.0.1:{port}/predict", json=ROW)
        assert reply.json()["prediction"] in ("No", "Yes")
    finally:
        os.killpg(process.pid, signal.SIGINT)
        said = process.communicate(timeout=60)[1]
    assert '"event":"stopped"' in said


def test_make_monitor_looks_at_the_service_that_make_apply_started(live: str, call: Make) -> None:
    reply = httpx.post(f"{address(live)}/predict", json=ROW)
    assert (reply.status_code, reply.json()["version"]) == (200, 1)
    printed = call("make", "monitor")
    # One answer says nothing of the latency, and that is said.
    assert re.search(r"^inconclusive +infrastructure: The service is ready", printed, flags=re.MULTILINE)
    assert re.search(r"^inconclusive +data: ", printed, flags=re.MULTILINE)
    assert "response:      nothing to do" in printed
