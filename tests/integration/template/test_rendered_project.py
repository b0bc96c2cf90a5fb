"""What a rendered project is: a committed repository whose files are in order, whatever was answered."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trunkline import __version__
from trunkline.core.policy.reading import read_policy
from trunkline.delivery import LocalSettings, read_state

Git = Callable[..., str]


@pytest.fixture(params=["rendered", "awkward"])
def project(request: pytest.FixtureRequest) -> Path:
    """A project with the default answers, and one with answers that strain the files."""
    folder: Path = request.getfixturevalue(request.param)
    return folder


def test_it_is_a_git_repository_with_one_commit_and_nothing_left_to_commit(project: Path, git: Git) -> None:
    assert git(project, "rev-list", "--count", "HEAD") == "1"
    assert git(project, "symbolic-ref", "--short", "HEAD") == "main"
    assert git(project, "status", "--porcelain", "--ignored") == ""


@pytest.mark.parametrize("named", [True, False])
def test_the_first_commit_is_the_users_or_else_of_a_neutral_name(
    render: Callable[..., Any], git: Git, tmp_path: Path, named: bool
) -> None:
    config = tmp_path / "gitconfig"
    config.write_text("[user]\n\tname = Ada\n\temail = ada@localhost\n" if named else "")
    home = {"HOME": str(tmp_path), "GIT_CONFIG_GLOBAL": str(config), "GIT_CONFIG_NOSYSTEM": "1"}
    project = render(environment=home).project
    expected = "Ada <ada@localhost>" if named else "Trunkline <trunkline@localhost>"
    assert git(project, "log", "-1", "--format=%an <%ae>") == expected


def test_a_users_ignore_file_and_failing_hooks_do_not_spoil_the_first_commit(
    render: Callable[..., Any], git: Git, tmp_path: Path
) -> None:
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "pre-commit").write_text("#!/bin/sh\nexit 1\n")
    (hooks / "pre-commit").chmod(0o755)
    (tmp_path / "ignore").write_text("vendor/\n")
    config = tmp_path / "gitconfig"
    config.write_text(
        f"[core]\n\thooksPath = {hooks}\n\texcludesFile = {tmp_path / 'ignore'}\n[commit]\n\tgpgsign = true\n"
    )
    project = render(environment={"GIT_CONFIG_GLOBAL": str(config)}).project
    assert "vendor/trunkline/src/trunkline/__init__.py" in git(project, "ls-files").splitlines()


def test_a_hostile_configuration_of_git_does_not_spoil_the_first_commit(
    render: Callable[..., Any], git: Git, tmp_path: Path
) -> None:
    settings = {
        "core": {
            "autocrlf": "true",
            "safecrlf": "true",
            "fsmonitor": "false-program",
            "attributesFile": "attributes",
        },
        "commit": {"gpgSign": "true", "template": "nowhere", "cleanup": "strip"},
        "log": {"showSignature": "true"},
        "status": {"showUntrackedFiles": "no"},
    }
    home = tmp_path / "home"
    home.mkdir()
    (home / "attributes").write_text("* text eol=crlf\n")
    (home / ".gitconfig").write_text(
        "".join(
            f"[{section}]\n" + "".join(f"\t{key} = {value}\n" for key, value in keys.items())
            for section, keys in settings.items()
        ).replace("= attributes", f"= {home / 'attributes'}")
    )
    project = render(environment={"HOME": str(home)}).project
    assert git(project, "log", "--format=%G? %s").startswith("N ")
    assert git(project, "-c", "core.fsmonitor=false", "status", "--porcelain") == ""
    assert git(project, "check-attr", "text", "README.md").endswith("text: unset")


def test_no_template_language_is_left_in_it(project: Path) -> None:
    for path in project.rglob("*"):
        parts = path.relative_to(project).parts
        if path.is_dir() or parts[0] in (".git", "vendor") or parts[:2] == (".github", "workflows"):
            continue
        text = path.read_text(encoding="utf-8")
        assert "cookiecutter." not in text, path
        assert "{%" not in text, path
        assert "{{" not in text, path


def test_no_choice_is_left_lying_about(project: Path) -> None:
    assert not (project / "use_cases").exists()
    assert not (project / "licenses").exists()
    assert (project / "LICENSE").is_file()


def test_its_python_compiles(project: Path) -> None:
    paths = [path for path in project.rglob("*.py") if "vendor" not in path.parts]
    assert len(paths) >= 12
    for path in paths:
        compile(path.read_text(encoding="utf-8"), str(path), "exec")


@pytest.mark.parametrize("words", [("check",), ("format", "--check")], ids=["check", "format"])
def test_ruff_is_content_by_the_projects_own_rules(project: Path, words: tuple[str, ...]) -> None:
    ruff = Path(sys.executable).with_name("ruff")
    done = subprocess.run(
        [ruff, *words, "--no-cache", "."], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_policy_reads_and_names_what_was_answered(rendered: Path, awkward: Path) -> None:
    assert read_policy(rendered / "trunkline.yaml").package == "my_model"
    policy = read_policy(awkward / "trunkline.yaml")
    assert policy.name == "a-very-long-package-name-of-40-letters-x"
    assert policy.owner == 'Zoë "Z" \\ Müller'
    assert policy.intended_use == "For: 'A' & \"B\" \\n not for C\\"


def test_answers_that_were_left_empty_are_said_to_be_missing(render: Callable[..., Any]) -> None:
    printed = render().printed
    for place in (
        "what the model predicts: README.md",
        "what it is for: trunkline.yaml",
        "who answers for it: ",
    ):
        assert place in printed
    said = {"description": "Predicts churn.", "intended_use": "To call people.", "owner": "Ada"}
    assert "who approves changes: .github/CODEOWNERS" in render(**said).printed
    answered = render(**said, code_owners="@example/models").printed
    assert "Still to be said" not in answered


def test_its_metadata_reads(awkward: Path) -> None:
    project = tomllib.loads((awkward / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["description"] == 'Predicts "it" \\ and else: yes # no'


def test_nothing_in_it_needs_a_mail_server(rendered: Path) -> None:
    rules = read_policy(rendered / "trunkline.yaml").responses.rules
    assert {rule.kind for rule in rules} == {"data", "performance", "infrastructure", "log"}
    assert {action for rule in rules for action in rule.do} == {"issue", "retrain"}


@pytest.mark.parametrize(("environment", "port"), [("staging", 8081), ("production", 8080)])
def test_its_environments_serve_nothing_yet(project: Path, environment: str, port: int) -> None:
    state = read_state(project / "deployments" / f"{environment}.yaml")
    assert (state.environment, state.strategy) == (environment, "none")
    assert state.target == LocalSettings(port=port)


def test_a_vendored_toolkit_is_this_one(rendered: Path, source: Path) -> None:
    vendor = rendered / "vendor" / "trunkline"

    def python(folder: Path) -> dict[str, bytes]:
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.py")}

    assert python(vendor / "src" / "trunkline") == python(source / "src" / "trunkline")
    assert (vendor / "src" / "trunkline" / "py.typed").is_file()
    assert not list(vendor.rglob("__pycache__"))
    assert (vendor / "pyproject.toml").read_bytes() == (source / "pyproject.toml").read_bytes()
    assert (vendor / "LICENSE").is_file()
    assert (rendered / "requirements" / "toolkit.txt").read_text().endswith("\n./vendor/trunkline\n")


def test_a_pinned_toolkit_is_this_version(awkward: Path) -> None:
    assert not (awkward / "vendor").exists()
    assert (awkward / "requirements" / "toolkit.txt").read_text().endswith(f"\ntrunkline=={__version__}\n")


@pytest.mark.parametrize("hashed", [False, True])
def test_a_pinned_toolkit_is_installed_by_its_hash_alone(
    render: Callable[..., Any], tmp_path: Path, hashed: bool
) -> None:
    project: Path = render(toolkit="pinned").project
    lock = project / "requirements" / "toolkit.txt"
    if hashed:
        lock.write_text(lock.read_text().rstrip() + f" --hash=sha256:{'0' * 64}\n")
    (project / ".venv" / "bin").mkdir(parents=True)
    python = project / ".venv" / "bin" / "python"  # says how it was called, and has all else installed
    python.write_text('#!/bin/sh\necho "called: $@"\n')
    python.chmod(0o755)
    (project / "requirements" / "dev.txt").write_text("")
    uv = tmp_path / "bin" / "uv"
    uv.parent.mkdir()
    uv.write_text("#!/bin/sh\n")
    uv.chmod(0o755)
    done = subprocess.run(
        ["make", "setup", f"PYTHON={sys.executable}"],
        cwd=project,
        env=os.environ | {"PATH": f"{uv.parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    installs = [line for line in done.stdout.splitlines() if "requirements/toolkit.txt" in line]
    if hashed:
        assert done.returncode == 0, done.stderr
        assert all("--require-hashes" in line for line in installs)
        assert installs
    else:
        assert done.returncode != 0
        assert "requirements/toolkit.txt" in done.stderr
        assert installs == []


@pytest.mark.parametrize(
    ("licence", "words"),
    [
        ("Proprietary", "All rights reserved"),
        ("Apache-2.0", "Version 2.0, January 2004"),
        ("MIT", "Permission is hereby granted"),
    ],
)
def test_the_licence_is_the_one_that_was_chosen(render: Callable[..., Any], licence: str, words: str) -> None:
    assert words in (render(license=licence).project / "LICENSE").read_text(encoding="utf-8")


def test_make_lists_its_commands_without_installing_anything(project: Path) -> None:
    done = subprocess.run(["make"], cwd=project, capture_output=True, text=True, check=True)
    for command in ("setup", "test", "train", "serve", "monitor", "release", "plan", "apply", "stop"):
        assert f"make {command} " in done.stdout
    assert not (project / ".venv").exists()
