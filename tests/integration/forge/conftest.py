"""What the conformance suite needs from a forge: the forge, a work tree of its main branch, and a way to change it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from trunkline.forge import Forge, LocalForge

Commit = Callable[[str, dict[str, str]], str]


@pytest.fixture
def work_tree(tmp_path: Path) -> Path:
    """A project's repository with one commit on main, two files in it."""
    root = tmp_path / "project"
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch=main")
    git(root, "config", "user.name", "Ada")
    git(root, "config", "user.email", "ada@example.org")
    (root / "policy.yaml").write_text("floor: 0.6\n")
    (root / "model.py").write_text("trees = 100\n")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message", "First")
    return root


@pytest.fixture(params=["local"])
def forge(request: pytest.FixtureRequest, tmp_path: Path, work_tree: Path) -> Forge:
    """A forge of each kind whose main is that of `work_tree`; another kind joins by a parameter and a branch here."""
    assert request.param == "local"
    return LocalForge.create(tmp_path / "forge", work_tree)


@pytest.fixture
def commit(work_tree: Path) -> Commit:
    """Commit files on a branch that starts at the newest main, or goes on where it was, and return the commit."""

    def make(branch: str, files: dict[str, str]) -> str:
        git(work_tree, "fetch", "--quiet", "origin")
        known = git(work_tree, "branch", "--list", branch)
        git(work_tree, "checkout", "--quiet", *((branch,) if known else ("-b", branch, "origin/main")))
        for name, content in files.items():
            (work_tree / name).write_text(content)
        git(work_tree, "add", "--all")
        git(work_tree, "commit", "--quiet", "--message", f"Change {', '.join(files)}")
        return git(work_tree, "rev-parse", "HEAD")

    return make


@pytest.fixture
def on_main(work_tree: Path) -> Callable[[str], str]:
    """Return what a file holds on the forge's main."""

    def read(name: str) -> str:
        git(work_tree, "fetch", "--quiet", "origin")
        return git(work_tree, "show", f"origin/main:{name}")

    return read


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()
