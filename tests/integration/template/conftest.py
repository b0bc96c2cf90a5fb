"""Rendering, with everything that cookiecutter would keep in the user's home kept in a temporary folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[3]


@dataclass(frozen=True)
class Rendering:
    """What one call of cookiecutter did."""

    code: int
    printed: str
    output: Path

    @property
    def project(self) -> Path:
        """The one project that it made."""
        assert self.code == 0, self.printed
        (project,) = self.output.iterdir()
        return project


def isolated() -> dict[str, str]:
    """Return the environment without the variables that lead git into this repository."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}


@pytest.fixture(scope="session")
def repository() -> Path:
    """This repository."""
    return REPOSITORY


@pytest.fixture(scope="session")
def template(repository: Path) -> Path:
    """The folder that is rendered, before it is."""
    return repository / "template" / "{{cookiecutter.__slug}}"


@pytest.fixture(scope="session")
def git() -> Callable[..., str]:
    """Run git in a folder and return what it printed."""

    def call(folder: Path, *words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=folder, env=isolated(), check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    return call


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory, git: Callable[..., str]) -> Path:
    """A copy of this work tree's template and toolkit as a repository, so that nothing changes under the tests.

    Its name has `git` in it, or cookiecutter would not take its address for one.
    """
    home = tmp_path_factory.mktemp("source") / "trunkline.git"
    home.mkdir()
    for name in ("cookiecutter.json", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, home / name)
    made = shutil.ignore_patterns("__pycache__")
    for name in ("template", "src"):
        shutil.copytree(REPOSITORY / name, home / name, ignore=made)
    identity = ("-c", "user.name=Tests", "-c", "user.email=tests@localhost", "-c", "commit.gpgsign=false")
    git(home, "init", "--quiet", "--initial-branch=main")
    git(home, "add", "--all")
    git(home, *identity, "commit", "--quiet", "--message", "Everything")
    # What lies about in a work tree in use must not get into a project.
    (home / "src" / "trunkline" / "__pycache__").mkdir()
    (home / "src" / "trunkline" / "__pycache__" / "left.cpython-311.pyc").write_bytes(b"compiled")
    return home


@pytest.fixture(scope="session")
def render(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Rendering]:
    """Call cookiecutter as from a shell: `render(template, *options, answer=..., ...)`."""

    def call(
        template: str | Path = source,
        *options: str,
        standing: Path | None = None,
        typed: str | None = None,
        environment: dict[str, str] | None = None,
        **answers: str,
    ) -> Rendering:
        kept = tmp_path_factory.mktemp("cookiecutter")
        config = kept / "config.yaml"
        config.write_text(f"cookiecutters_dir: {kept / 'clones'}\nreplay_dir: {kept / 'replay'}\n")
        output = kept / "output"
        output.mkdir()
        where = standing or kept
        words = [
            str(template),
            *(["--no-input"] if typed is None else []),
            *options,
            *(f"{name}={value}" for name, value in answers.items()),
            *("--config-file", str(config), "--output-dir", str(output)),
        ]
        done = subprocess.run(
            [sys.executable, "-m", "cookiecutter", *words],
            cwd=where,
            env=isolated() | {"PWD": str(where), "COLUMNS": "200"} | (environment or {}),
            input=typed,
            capture_output=True,
            text=True,
            check=False,
        )
        return Rendering(done.returncode, done.stdout + done.stderr, output)

    return call


@pytest.fixture(scope="session")
def rendered(render: Callable[..., Rendering]) -> Path:
    """A project with the default answers, through the root menu; do not change it."""
    return render().project


@pytest.fixture(scope="session")
def awkward(render: Callable[..., Rendering]) -> Path:
    """A project with answers that strain the files they are written into; do not change it."""
    return render(
        project_name='O\'Brien "quoted" & <Söhne> 🚀',
        package="a_very_long_package_name_of_40_letters_x",
        description='Predicts "it" \\ and else: yes # no',
        intended_use="For: 'A' & \"B\" \\n not for C\\",
        owner='Zoë "Z" \\ Müller',
        toolkit="pinned",
        license="MIT",
    ).project
