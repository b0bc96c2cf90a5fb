"""What a release of this repository does beside building and publishing, run as its workflow runs it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).parents[3]
VERSION = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
WHEEL, SOURCE = f"trunkline-{VERSION}-py3-none-any.whl", f"trunkline-{VERSION}.tar.gz"
GH = """#!/bin/sh
echo "$@" >> "$TOLD"
test "$2" = create || test -e "$RELEASED"
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of what the script reads, with two files in dist/ that are called as the package is."""
    root = tmp_path / "copy"
    for name in (".github/release.py", "pyproject.toml", "src/trunkline/__init__.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / name, root / name)
    (root / "dist").mkdir()
    for name in (WHEEL, SOURCE):
        (root / "dist" / name).write_text("built", encoding="utf-8")
    return root


def release(
    root: Path, *words: str, tag: str = f"v{VERSION}", **more: str
) -> subprocess.CompletedProcess[str]:
    """Run the script of a tree."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return subprocess.run(
        [sys.executable, str(root / ".github/release.py"), *words],
        env=environment | {"GITHUB_REF_NAME": tag} | more,
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_tag_is_the_version_of_package_and_toolkit(copy: Path) -> None:
    assert release(copy, "check").returncode == 0
    wrong = release(copy, "check", tag="v99.0")
    assert wrong.returncode
    assert f"tag v{VERSION}, or change the version first" in wrong.stderr
    told = copy / "src/trunkline/__init__.py"
    told.write_text(told.read_text(encoding="utf-8").replace(VERSION, "99.0"), encoding="utf-8")
    assert "they must agree" in release(copy, "check").stderr


@pytest.mark.parametrize("words", [(), ("publish",), ("check", "try")])
def test_anything_else_is_refused_with_what_there_is(copy: Path, words: tuple[str, ...]) -> None:
    done = release(copy, *words)
    assert done.returncode
    assert "release.py announce" in done.stderr


@pytest.mark.parametrize("fault", ["more", "fewer", "none"])
def test_nothing_is_released_but_the_two_files_of_this_version(copy: Path, fault: str) -> None:
    match fault:
        case "more":
            (copy / "dist/trunkline-0.0.1.tar.gz").write_text("old", encoding="utf-8")
        case "fewer":
            (copy / "dist" / WHEEL).unlink()
        case _:
            shutil.rmtree(copy / "dist")
    for words in ("try", "announce"):
        done = release(copy, words)
        assert done.returncode
        assert f"not {SOURCE} and {WHEEL}" in done.stderr


def test_a_release_is_made_once_of_those_very_files(copy: Path, tmp_path: Path) -> None:
    told, released = tmp_path / "told", tmp_path / "released"
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/gh"
    program.write_text(GH, encoding="utf-8")
    program.chmod(0o755)
    given = {
        "PATH": f"{program.parent}:{os.environ['PATH']}",
        "TOLD": str(told),
        "RELEASED": str(released),
    }
    assert release(copy, "announce", **given).returncode == 0
    view, create = told.read_text(encoding="utf-8").splitlines()
    assert view == f"release view v{VERSION}"
    assert create.split()[:5] == [
        "release",
        "create",
        f"v{VERSION}",
        str(copy / "dist" / WHEEL),
        str(copy / "dist" / SOURCE),
    ]
    assert "--verify-tag" in create
    released.touch()
    again = release(copy, "announce", **given)
    assert (again.returncode, again.stdout) == (0, f"the release v{VERSION} is there\n")
    assert told.read_text(encoding="utf-8").count("release create") == 1


def test_the_package_that_is_built_works_where_nothing_else_is(tmp_path: Path) -> None:
    words = ["git", "ls-files", "-z", "src", "pyproject.toml", "README.md", "LICENSE", ".github/release.py"]
    listed = subprocess.run(words, cwd=HERE, capture_output=True, text=True, check=True).stdout
    root = tmp_path / "clone"
    for name in filter(None, listed.split("\0")):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / name, root / name)
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation"], cwd=root, capture_output=True, check=True
    )
    done = release(root, "try")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{WHEEL} works on Python" in done.stdout
