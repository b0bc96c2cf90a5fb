"""A stranger's first day, whatever their machine: from generation, with their own four files, to a released answer.

Each condition walks the whole way with somebody else's data and model: 0 and 1 to tell apart, or a number.
Its environment is this repository's, put in place of the one that `make setup` would install, but for the walk on
another Python, which installs its own.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx
import pytest

from stranger.conditions import CONDITIONS, Machine, another_python, machine, plain
from stranger.projects import as_csv, customers, put_in, traffic
from warm import programs

REPOSITORY = Path(__file__).parents[2]
TUTORIAL = REPOSITORY / "docs" / "your-data.md"
# As a person types it where nothing is configured; hooks of a hostile configuration are theirs to skip.
BY_HAND: tuple[str, ...] = (
    "-c",
    "user.name=Ada",
    "-c",
    "user.email=ada@localhost",
    "-c",
    "commit.gpgSign=false",
    "-c",
    "core.hooksPath=",
    "-c",
    "core.excludesFile=",
)


@dataclass(frozen=True)
class Walk:
    """A stranger at their machine, with a generated project in which they replaced the four files."""

    machine: Machine
    project: Path
    task: str
    programs: Path = Path(".venv", "bin")
    """The folder of the environment's programs, from the project's folder."""

    def run(self, *words: str | Path, cwd: Path | None = None) -> str:
        """Run a program as the stranger does and return what it printed; the test fails if it fails."""
        done = subprocess.run(
            [str(word) for word in words],
            cwd=cwd or self.project,
            env=self.machine.environment,
            umask=self.machine.umask,
            capture_output=True,
            check=False,
        )
        said = (done.stdout + done.stderr).decode("utf-8", errors="replace")
        assert "Traceback" not in said, said
        assert done.returncode == 0, f"{' '.join(map(str, words))}: exit {done.returncode}\n{said}"
        return done.stdout.decode("utf-8", errors="strict")

    def trunkline(self, *words: str | Path) -> str:
        """Run a verb."""
        return self.run(self.project / self.programs / "trunkline", *words)

    def git(self, *words: str) -> str:
        """Run git by hand."""
        return self.run("git", *BY_HAND, *words)

    def commit(self, message: str) -> None:
        """Commit everything."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)

    def tests(self, *which: str) -> str:
        """Run the project's own tests, all or some, unmodified, and return their last line."""
        words = ("-m", "pytest", "-p", "no:cacheprovider", "--color=no", *which)
        return self.run(self.project / self.programs / "python", *words).splitlines()[-1]


def generate(machine: Machine, task: str, *, filled: bool = True) -> Walk:
    """Render a project and, where it is `filled`, replace the four files and the policy."""
    machine.folder.mkdir(parents=True)
    config = machine.folder / "cookiecutter.yaml"
    config.write_text(
        f"cookiecutters_dir: {machine.folder}/clones\nreplay_dir: {machine.folder}/replay\n", encoding="utf-8"
    )
    words: list[str | Path] = [
        "-m",
        "cookiecutter",
        REPOSITORY,
        "--no-input",
        "project_name=Term deposits",
        "--config-file",
        config,
    ]
    walk = Walk(machine, machine.folder / "term-deposits", task)
    walk.run(sys.executable, *words, "--output-dir", machine.folder, cwd=machine.folder)
    if filled:
        put_in(walk.project, task)
    production = walk.project / "deployments" / "production.yaml"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    production.write_text(production.read_text(encoding="utf-8").replace("8080", str(port)), encoding="utf-8")
    return walk


def with_this_environment(walk: Walk) -> Walk:
    """Let the project's `.venv` be the environment that runs these tests."""
    locale = {
        (name, word) for name, word in walk.machine.environment.items() if name.startswith(("LC_", "LANG"))
    }
    own = {(name, word) for name, word in os.environ.items() if name.startswith(("LC_", "LANG"))}
    warm = programs(early=frozenset(locale if locale != own else ()))
    for name in ("python", "trunkline"):
        program = walk.project / ".venv" / "bin" / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f'#!/bin/sh\nexec "{warm / name}" "$@"\n', encoding="utf-8")
        program.chmod(0o755)
    return walk


@pytest.fixture
def stop() -> Iterator[Callable[[Walk], None]]:
    """Stop what a walk left serving, however it ended, and remove what it installed."""
    walks: list[Walk] = []
    yield walks.append
    for walk in walks:
        try:
            walk.trunkline("stop", "production")
        finally:
            # Perhaps a gigabyte, which pytest would keep for three runs.
            shutil.rmtree(walk.project / ".venv", ignore_errors=True)


def walk_to_the_first_release(walk: Walk) -> None:
    """Check, train, evaluate, release, ask, tell what happened, look."""
    walk.trunkline("check")
    walk.commit("Our own model")
    walk.trunkline("snapshot")
    walk.commit("Lock the data")
    walk.trunkline("train")
    walk.trunkline("evaluate")
    walk.trunkline("forge")
    assert "#1" in walk.trunkline("release")
    walk.trunkline("pr", "merge", "1")
    walk.git("pull", "--quiet", "--no-rebase", "--ff-only", "origin", "main")
    printed = walk.trunkline("deploy", "production")
    address = next(line.split()[1] for line in printed.splitlines() if line.startswith("address:"))
    row = json.loads(walk.trunkline("example").split("--data ")[1].strip().strip("'"))
    answer = httpx.post(f"{address}/predict", json=row, trust_env=False, timeout=60)
    assert answer.status_code == 200, answer.text
    traffic(walk.project.parent / "later.jsonl", walk.task)
    walk.trunkline("send", "../later.jsonl", "--outcomes", "../outcomes.jsonl")
    walk.trunkline("truth", "../outcomes.jsonl")
    assert "performance:" in walk.trunkline("monitor", "production", "--respond")
    assert "model_cards/v0001/version.json" in walk.trunkline("trace", answer.json()["id"])


# Conditions that do not meet are walked together.
WALKS = [
    ("bare-account place", "classification"),
    ("hostile-git proxies workflow", "regression"),
]


def test_every_condition_is_walked() -> None:
    assert sorted(" ".join(conditions for conditions, _ in WALKS).split()) == sorted(CONDITIONS)


@pytest.mark.parametrize(("conditions", "task"), WALKS, ids=[conditions for conditions, _ in WALKS])
def test_a_stranger_comes_from_generation_to_a_released_answer(
    tmp_path: Path, stop: Callable[[Walk], None], conditions: str, task: str
) -> None:
    walk = with_this_environment(generate(machine(tmp_path, conditions), task))
    stop(walk)
    walk_to_the_first_release(walk)
    last = walk.tests()
    assert not {"failed", "error", "errors"} & set(last.split()), last


def test_the_tutorial_leads_from_a_csv_file_to_an_answer(
    tmp_path: Path, stop: Callable[[Walk], None]
) -> None:
    walk = with_this_environment(generate(plain(tmp_path), "regression", filled=False))
    stop(walk)
    rows = as_csv(customers("regression"))
    (walk.project.parent / "export.csv").write_text(rows, encoding="utf-8")
    commands = [
        line.removeprefix("$ ")
        for line in TUTORIAL.read_text(encoding="utf-8").splitlines()
        if line.startswith("$ ")
    ]
    # What comes before is done by `generate`, and takes its environment from here.
    lines = commands[commands.index("make setup") + 1 :]
    assert any(line.startswith("trunkline init") for line in lines)
    said = walk.run("sh", "-euc", "\n".join(lines))
    address = next(line.split()[1] for line in said.splitlines() if line.startswith("address:"))
    row = json.loads(said.split("--data ")[1].strip().strip("'"))
    answer = httpx.post(f"{address}/predict", json=row, trust_env=False, timeout=60)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("task", ["regression"])
def test_a_shallow_checkout_that_is_detached_trains_and_tests_what_it_holds(
    tmp_path: Path, task: str
) -> None:
    walk = with_this_environment(generate(plain(tmp_path), task))
    walk.commit("Our own model")
    walk.trunkline("snapshot")
    walk.commit("Lock the data")
    checkout = tmp_path / "checkout"
    walk.run("git", "clone", "--quiet", "--depth", "1", f"file://{walk.project}", checkout)
    walk.run("git", "checkout", "--quiet", "--detach", cwd=checkout)
    there = with_this_environment(Walk(walk.machine, checkout, task))
    there.trunkline("check")
    trained = there.trunkline("train")
    assert walk.trunkline("train").splitlines()[0] == trained.splitlines()[0]
    there.trunkline("evaluate")
    # The others work in a copy of the files, with a history of its own.
    assert "failed" not in there.tests("tests/unit")


def test_another_python_installs_and_walks_the_same_way(tmp_path: Path, stop: Callable[[Walk], None]) -> None:
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    python = another_python(running)
    if python is None:
        pytest.skip(f"no Python beside {running} is installed here")
    walk = generate(plain(tmp_path), "classification")
    walk.run("make", "setup", f"PYTHON={python}")
    walk = replace(walk, programs=programs(walk.project / walk.programs))
    stop(walk)
    walk_to_the_first_release(walk)
    assert "failed" not in walk.tests("tests/unit")
