"""What the conformance suite needs from a forge: the forge, a work tree of its main branch, and a way to change it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from standin import GitHub, Served, serve
from standin.github import TOKEN
from trunkline.forge.github import GitHubForge
from trunkline.forge.github.client import Client

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


@pytest.fixture
def bare_origin(tmp_path: Path, work_tree: Path) -> Path:
    """The bare repository behind the stand-in for GitHub; `origin` of the work tree."""
    origin = tmp_path / "origin.git"
    git(tmp_path, "clone", "--quiet", "--bare", str(work_tree), str(origin))
    git(work_tree, "remote", "add", "origin", str(origin))
    git(work_tree, "fetch", "--quiet", "origin")
    return origin


@pytest.fixture
def served(bare_origin: Path) -> Iterator[Served]:
    """The stand-in for GitHub; afterwards nothing may have been against GitHub's own description."""
    with serve(GitHub("acme/income", bare_origin)) as served:
        yield served
    assert served.github.complaints() == []


class Waiting:
    """A clock that waiting moves on, so that nobody waits."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.pauses: list[float] = []
        self.said: list[str] = []

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def waiting() -> Waiting:
    return Waiting()


@pytest.fixture
def client_of(waiting: Waiting, served: Served) -> Callable[[str], Client]:
    """Make a client with a token."""

    def make(token: str) -> Client:
        return Client(
            "acme/income",
            api=served.url,
            token=token,
            say=waiting.said.append,
            sleep=waiting.sleep,
            clock=lambda: waiting.now,
        )

    return make


@pytest.fixture
def github(client_of: Callable[[str], Client], work_tree: Path) -> GitHubForge:
    """The forge over the stand-in, with a token that may do everything."""
    return GitHubForge(client_of(TOKEN), work_tree)


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
