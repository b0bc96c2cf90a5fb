"""A project made from an older template and edited since takes over the newer one; its user loses nothing.

The older template is this one with some lines as they might have been.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from trunkline import __version__

Git = Callable[..., str]
IDENTITY = ("-c", "user.name=Ada", "-c", "user.email=ada@localhost", "-c", "commit.gpgsign=false")
PROJECT = "template/{{cookiecutter.__slug}}"
FOUR = ("contract", "data", "features", "model")
OLDER = "0.0.9"


@dataclass(frozen=True)
class Called:
    """What one call of `trunkline upgrade` said."""

    code: int
    printed: str


def rewrite(path: Path, old: str, new: str) -> None:
    """Replace the one place of a text in a file."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{path}: {old!r} stands there {text.count(old)} times"
    path.write_text(text.replace(old, new), encoding="utf-8")


def append(path: Path, text: str) -> None:
    """Put a text at the end of a file."""
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


@pytest.fixture(scope="module")
def older(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template as it might have been a version ago: other lines, one file less and one more."""
    home = tmp_path_factory.mktemp("older") / "trunkline.git"
    shutil.copytree(source, home, ignore=shutil.ignore_patterns("__pycache__", ".git"))
    rewrite(home / "src/trunkline/__init__.py", f'__version__ = "{__version__}"', f'__version__ = "{OLDER}"')
    project = home / PROJECT
    rewrite(project / ".github/workflows/ci.yml", "name: ci\n", "name: checks\n")
    rewrite(project / "README.md", "## The first day\n", "## Day one\n")
    rewrite(project / ".editorconfig", "indent_size = 4\n", "indent_size = 8\n")
    (project / "Vagrantfile").write_text("# Went with an earlier version.\n")
    (project / ".pre-commit-config.yaml").unlink()
    append(home / "src/trunkline/core/errors.py", "\nOLDER = True\n")
    features = next(project.glob("use_cases/tabular-classification/src/*/features.py"))
    append(features, "\n# A line that the example once had.\n")
    return home


@pytest.fixture(scope="module")
def made(render: Callable[..., Any], older: Path) -> Path:
    """A project of the older template; do not change it."""
    folder: Path = render(older, description="Predicts what the user says.", code_owners="@acme/ml").project
    return folder


@pytest.fixture
def project(made: Path, git: Git, tmp_path: Path) -> Path:
    """A clone of that project, edited by its user: the four files, the policy, the README, desired state."""
    folder = tmp_path / "project"
    git(tmp_path, "clone", "--quiet", str(made), str(folder))
    (package,) = (folder / "src").iterdir()
    for name in FOUR:
        (package / f"{name}.py").write_text(f'"""Our own {name}."""\n', encoding="utf-8")
    shutil.rmtree(folder / "loadtest")
    append(folder / "deployments/production.yaml", "# released by hand\n")
    rewrite(folder / "trunkline.yaml", "    test: 0.25\n", "    test: 0.4\n")
    append(folder / "README.md", "\nAsk Ada.\n")
    git(folder, "add", "--all")
    git(folder, *IDENTITY, "commit", "--quiet", "--message", "Our model")
    return folder


@pytest.fixture
def upgrade() -> Callable[..., Called]:
    """Call `trunkline upgrade` in a project, as from a shell."""

    def call(folder: Path, *words: str | Path) -> Called:
        trunkline = Path(sys.executable).with_name("trunkline")
        done = subprocess.run(
            [trunkline, "upgrade", *words], cwd=folder, capture_output=True, text=True, check=False
        )
        return Called(done.returncode, done.stdout + done.stderr)

    return call


def text(folder: Path, name: str) -> str:
    """Return a file of the project."""
    return (folder / name).read_text(encoding="utf-8")


def test_the_templates_news_arrive_and_the_users_edits_stay(
    project: Path, source: Path, upgrade: Callable[..., Called], git: Git
) -> None:
    called = upgrade(project, source)
    assert called.code == 0, called.printed
    assert git(project, "status", "--porcelain") == ""
    # The news: a line of a workflow, of the README, of a setting; a file more, a file less; the toolkit.
    assert "\nname: ci\n" in text(project, ".github/workflows/ci.yml")
    assert "## The first day\n" in text(project, "README.md")
    assert "indent_size = 4\n" in text(project, ".editorconfig")
    assert (project / ".pre-commit-config.yaml").is_file()
    assert not (project / "Vagrantfile").exists()
    assert "OLDER" not in text(project, "vendor/trunkline/src/trunkline/core/errors.py")
    assert f'__version__ = "{__version__}"' in text(project, "vendor/trunkline/src/trunkline/__init__.py")
    # What the user did, also where the template has news for the same file or folder.
    (package,) = (project / "src").iterdir()
    assert [text(package, f"{name}.py") for name in FOUR] == [f'"""Our own {name}."""\n' for name in FOUR]
    assert not (project / "loadtest").exists()
    assert text(project, "deployments/production.yaml").endswith("# released by hand\n")
    assert "    test: 0.4\n" in text(project, "trunkline.yaml")
    assert text(project, "README.md").endswith("\nAsk Ada.\n")
    assert "Predicts what the user says." in text(project, "README.md")
    assert "\n* @acme/ml\n" in text(project, ".github/CODEOWNERS")


def test_it_is_a_merge_on_a_branch_and_main_is_as_it_was(
    project: Path, source: Path, upgrade: Callable[..., Called], git: Git
) -> None:
    main = git(project, "rev-parse", "main")
    called = upgrade(project, source)
    branch = git(project, "symbolic-ref", "--short", "HEAD")
    assert branch.startswith("upgrade/template-")
    assert branch in called.printed
    assert git(project, "rev-parse", "main") == main == git(project, "rev-parse", "HEAD^1")
    assert git(project, "log", "-1", "--format=%(trailers:key=Trunkline-Template,valueonly)", "HEAD^2") == (
        __version__
    )


def test_changes_of_the_example_are_named_and_can_be_looked_at(
    project: Path, source: Path, upgrade: Callable[..., Called], git: Git
) -> None:
    printed = upgrade(project, source).printed
    assert "1 files of the template's example changed; yours stay" in printed
    command = next(line.split(":", 1)[1].split() for line in printed.splitlines() if "to see them:" in line)
    assert "-# A line that the example once had." in git(project, *command[1:])


def test_a_line_that_both_changed_is_a_conflict_and_nothing_is_lost(
    project: Path, source: Path, upgrade: Callable[..., Called], git: Git
) -> None:
    rewrite(project / "README.md", "## Day one\n", "## How we begin\n")
    git(project, *IDENTITY, "commit", "--quiet", "--all", "--message", "Our words")
    called = upgrade(project, source)
    assert called.code == 42
    assert "'README.md'" in called.printed
    readme = text(project, "README.md")
    assert "<<<<<<< " in readme
    assert "## How we begin\n" in readme
    assert "## The first day\n" in readme
    # All the rest is merged, and an ordinary commit ends it.
    assert git(project, "diff", "--name-only", "--diff-filter=U") == "README.md"
    assert "indent_size = 4\n" in text(project, ".editorconfig")
    (project / "README.md").write_text("# Settled\n")
    git(project, "add", "README.md")
    git(project, *IDENTITY, "commit", "--quiet", "--no-edit")
    again = upgrade(project, source)
    assert (again.code, "nothing to do" in again.printed) == (0, True), again.printed


def test_a_merge_given_up_leaves_the_project_as_it_was(
    project: Path, source: Path, upgrade: Callable[..., Called], git: Git
) -> None:
    rewrite(project / "README.md", "## Day one\n", "## How we begin\n")
    git(project, *IDENTITY, "commit", "--quiet", "--all", "--message", "Our words")
    assert upgrade(project, source).code == 42
    git(project, "merge", "--abort")
    assert git(project, "status", "--porcelain") == ""
    assert git(project, "diff", "main") == ""


def test_the_second_upgrade_starts_where_the_first_ended(
    project: Path, source: Path, upgrade: Callable[..., Called], git: Git, tmp_path: Path
) -> None:
    assert upgrade(project, source).code == 0
    git(project, "switch", "--quiet", "main")
    git(project, *IDENTITY, "merge", "--quiet", "--no-ff", "--no-edit", "@{-1}")
    # What the first upgrade brought and the user then changed must not come back with the second.
    rewrite(project / ".editorconfig", "indent_size = 4\n", "indent_size = 3\n")
    git(project, *IDENTITY, "commit", "--quiet", "--all", "--message", "Three")
    newest = tmp_path / "trunkline.git"
    shutil.copytree(source, newest, ignore=shutil.ignore_patterns("__pycache__", ".git"))
    rewrite(newest / PROJECT / ".editorconfig", "max_line_length = 110\n", "max_line_length = 100\n")
    called = upgrade(project, newest)
    assert called.code == 0, called.printed
    assert "indent_size = 3\n" in text(project, ".editorconfig")
    assert "max_line_length = 100\n" in text(project, ".editorconfig")


def test_an_answer_that_is_changed_in_the_file_of_answers_is_taken_over(
    project: Path, older: Path, upgrade: Callable[..., Called], git: Git
) -> None:
    path = project / ".template.json"
    kept = json.loads(path.read_text(encoding="utf-8"))
    kept["answers"]["code_owners"] = "@acme/safety @ada"
    path.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    git(project, *IDENTITY, "commit", "--quiet", "--all", "--message", "Others answer for it")
    called = upgrade(project, older)
    assert called.code == 0, called.printed
    assert "\n* @acme/safety @ada\n" in text(project, ".github/CODEOWNERS")


def test_what_the_same_template_gives_is_no_news(
    project: Path, older: Path, upgrade: Callable[..., Called], git: Git
) -> None:
    called = upgrade(project, older)
    assert (called.code, "nothing to do" in called.printed) == (0, True), called.printed
    assert git(project, "symbolic-ref", "--short", "HEAD") == "main"


def test_changes_that_are_not_committed_are_not_put_at_risk(
    project: Path, source: Path, upgrade: Callable[..., Called], git: Git
) -> None:
    append(project / "README.md", "Half a thought")
    called = upgrade(project, source)
    assert called.code == 13
    assert "not committed" in called.printed
    assert text(project, "README.md").endswith("Half a thought")
    assert git(project, "branch", "--format=%(refname:short)") == "main"


def test_a_file_in_the_way_stops_the_upgrade_and_stays(
    project: Path, source: Path, upgrade: Callable[..., Called], git: Git
) -> None:
    (project / ".pre-commit-config.yaml").write_text("repos: []\n")
    called = upgrade(project, source)
    assert called.code == 42
    assert ".pre-commit-config.yaml" in called.printed
    assert text(project, ".pre-commit-config.yaml") == "repos: []\n"
    assert git(project, "symbolic-ref", "--short", "HEAD") == "main"
    assert git(project, "branch", "--format=%(refname:short)") == "main"


def test_a_history_without_the_templates_commit_is_named(
    project: Path, source: Path, upgrade: Callable[..., Called], git: Git, tmp_path: Path
) -> None:
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth", "1", project.as_uri(), str(shallow))
    called = upgrade(shallow, source)
    assert called.code == 14
    assert "git fetch --unshallow" in called.printed


def test_a_template_that_cannot_be_rendered_changes_nothing(
    project: Path, tmp_path: Path, upgrade: Callable[..., Called], git: Git
) -> None:
    called = upgrade(project, tmp_path / "nowhere")
    assert called.code == 14
    assert git(project, "branch", "--format=%(refname:short)") == "main"


@pytest.mark.skipif(os.environ.get("GIT_COMMITTER_NAME") is not None, reason="git is told who commits")
def test_it_works_where_git_knows_nobody(
    project: Path,
    source: Path,
    upgrade: Callable[..., Called],
    git: Git,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "empty").touch()
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "empty"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    assert upgrade(project, source).code == 0
    assert git(project, "log", "-1", "--format=%an") == "Trunkline"
