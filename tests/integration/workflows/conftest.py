"""Projects rendered in every form that the template offers, and the checkers, skipped where they cannot run."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from workflows.finding import Finding
from workflows.inspection import inspect
from workflows.repository import Repository, read
from workflows.tools.absence import ToolMissing

HERE = Path(__file__).parents[3]
TEMPLATE = HERE / "template" / "{{cookiecutter.__slug}}"


@pytest.fixture(scope="session")
def ours() -> Repository:
    """This repository."""
    return read(HERE)


@pytest.fixture(scope="session")
def template() -> Repository:
    """The template in place: its workflows hold no template variable, so they are judged as they stand."""
    return read(TEMPLATE)


@pytest.fixture(scope="session")
def variants(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Repository]:
    """A project for each combination of the answers that are chosen from a list."""
    questions = json.loads((TEMPLATE.parent / "cookiecutter.json").read_text(encoding="utf-8"))
    choices = {
        name: offered for name, offered in questions.items() if isinstance(offered, list) and name[0] != "_"
    }
    found = {}
    for answers in itertools.product(*choices.values()):
        folder = tmp_path_factory.mktemp("variant")
        words = [f"{name}={answer}" for name, answer in zip(choices, answers, strict=True)]
        found["-".join(answers)] = read(_rendered(folder, words))
    return found


def _rendered(folder: Path, words: list[str]) -> Path:
    config = folder / "config.yaml"
    config.write_text(
        f"cookiecutters_dir: {folder / 'clones'}\nreplay_dir: {folder / 'replay'}\n", encoding="utf-8"
    )
    output = folder / "output"
    output.mkdir()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    command = [sys.executable, "-m", "cookiecutter", str(TEMPLATE.parent), "--no-input", *words]
    done = subprocess.run(
        [*command, "--config-file", str(config), "--output-dir", str(output)],
        cwd=folder,
        env=environment | {"PWD": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (project,) = output.iterdir()
    return project


@pytest.fixture(scope="session")
def findings() -> Callable[[Sequence[Repository], str], list[Finding]]:
    """What a checker finds; the test is skipped, with the reason, where the checker cannot run."""

    def ask(repositories: Sequence[Repository], checker: str) -> list[Finding]:
        try:
            return inspect(repositories, checker)
        except ToolMissing as missing:
            return pytest.skip(f"{checker}: {missing}")

    return ask
