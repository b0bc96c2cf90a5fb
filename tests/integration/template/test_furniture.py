"""What stands about the workflows: code owners, rulesets, issue forms, Dependabot, pre-commit, dev container."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from ruamel.yaml import YAML

HERE = Path(__file__).parent
OWNER = r"(@[\w-]+(/[\w.-]+)?|[^\s@#]+@[^\s@#]+\.[^\s@#]+)"
LINE = re.compile(rf"(\*|/\S+)( {OWNER})+")
ACTIONS_APP = 15368
"""The number of GitHub Actions among GitHub's apps: who else reports a check `pass` is not believed."""

needs_schemas = pytest.mark.skipif(
    importlib.util.find_spec("check_jsonschema") is None,
    reason="check-jsonschema, which has the schemas, is missing",
)


def loaded(path: Path) -> Any:
    """Return what a YAML or JSON file says."""
    if path.suffix == ".json":
        return json.loads(path.read_text(encoding="utf-8"))
    return YAML(typ="safe", pure=True).load(path)


@pytest.fixture(params=["repository", "rendered"])
def home(request: pytest.FixtureRequest) -> Path:
    """This repository, and a project with the default answers."""
    folder: Path = request.getfixturevalue(request.param)
    return folder


def owned(folder: Path) -> dict[str, str]:
    """Return who owns which path, after every line of CODEOWNERS was looked at."""
    found = {}
    for line in (folder / ".github" / "CODEOWNERS").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            assert LINE.fullmatch(line), line
            path, owners = line.split(" ", 1)
            assert path == "*" or (folder / path.strip("/")).exists(), path
            found[path] = owners
    return found


def test_nobody_owns_the_code_while_nobody_is_named(home: Path) -> None:
    assert owned(home) == {}


def test_a_line_of_code_owners_is_ready_to_be_uncommented(home: Path) -> None:
    text = (home / ".github" / "CODEOWNERS").read_text(encoding="utf-8")
    assert re.findall(r"^# (\* @.+)$", text, re.MULTILINE) == ["* @your-organisation/your-team"]


def test_every_file_is_the_code_owners_where_somebody_is_named(render: Callable[..., Any]) -> None:
    assert owned(render(code_owners="@ada @acme/ml").project) == {"*": "@ada @acme/ml"}


@pytest.mark.parametrize(
    ("name", "target"),
    [("repository:main", "branch"), ("repository:tags", "tag"), ("rendered:main", "branch")],
)
def test_a_ruleset_is_what_github_takes(request: pytest.FixtureRequest, name: str, target: str) -> None:
    where, file = name.split(":")
    ruleset = loaded(request.getfixturevalue(where) / ".github" / "rulesets" / f"{file}.json")
    jsonschema.validate(ruleset, loaded(HERE / "ruleset.schema.json"))
    assert (ruleset["target"], ruleset["enforcement"]) == (target, "active")


def test_main_changes_by_a_reviewed_pull_request_with_a_green_pass_only(home: Path) -> None:
    ruleset = loaded(home / ".github" / "rulesets" / "main.json")
    rules = {rule["type"]: rule.get("parameters", {}) for rule in ruleset["rules"]}
    assert ruleset["conditions"]["ref_name"] == {"include": ["~DEFAULT_BRANCH"], "exclude": []}
    assert {"deletion", "non_fast_forward", "pull_request", "required_status_checks"} <= set(rules)
    review = rules["pull_request"]
    assert review["require_code_owner_review"]
    assert review["dismiss_stale_reviews_on_push"]
    # `git revert -m 1` and upgrades go back to merge commits.
    assert review["allowed_merge_methods"] == ["merge"]
    (check,) = rules["required_status_checks"]["required_status_checks"]
    jobs = loaded(home / ".github" / "workflows" / "ci.yml")["jobs"]
    assert check == {"context": jobs["pass"]["name"], "integration_id": ACTIONS_APP}
    assert {actor["bypass_mode"] for actor in ruleset["bypass_actors"]} == {"pull_request"}


@needs_schemas
@pytest.mark.parametrize(
    ("schema", "pattern"),
    [
        ("dependabot", ".github/dependabot.yml"),
        ("github-issue-config", ".github/ISSUE_TEMPLATE/config.yml"),
        ("github-issue-forms", ".github/ISSUE_TEMPLATE/[!c]*.yml"),
        ("github-workflows", ".github/workflows/*.yml"),
    ],
)
def test_a_file_is_what_its_published_schema_says(home: Path, schema: str, pattern: str) -> None:
    files = sorted(home.glob(pattern))
    assert files
    words = ["--builtin-schema", f"vendor.{schema}", *map(str, files)]
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", *words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_an_issue_form_asks_each_thing_once(home: Path) -> None:
    forms = [path for path in (home / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if path.stem != "config"]
    assert len(forms) == 2
    for path in forms:
        ids = [field["id"] for field in loaded(path)["body"] if field["type"] != "markdown"]
        assert len(ids) == len(set(ids))


def test_dependabot_looks_where_something_is_and_waits_a_week(home: Path) -> None:
    holds = {
        "github-actions": ("*.yml", ".github/workflows/*.yml"),
        "docker": ("Dockerfile",),
        "devcontainers": (".devcontainer/devcontainer.json",),
        "pip": ("*.txt",),
    }
    updates = loaded(home / ".github" / "dependabot.yml")["updates"]
    assert {update["package-ecosystem"] for update in updates} == set(holds)
    for update in updates:
        assert update["cooldown"]["default-days"] >= 7
        for directory in update.get("directories") or [update["directory"]]:
            patterns = holds[update["package-ecosystem"]]
            folders = list(home.glob(directory.strip("/"))) if directory != "/" else [home]
            assert any(file for folder in folders for name in patterns for file in folder.glob(name)), (
                directory
            )


def test_the_image_is_made_of_a_base_by_digest_in_a_line_that_dependabot_reads(rendered: Path) -> None:
    lines = re.findall(r"^FROM (.+)$", (rendered / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    pinned, *others = lines
    assert re.fullmatch(r"python:3\.11-slim@sha256:[0-9a-f]{64} AS pinned", pinned)
    assert [line.split()[0] for line in others] == ["${BASE}", "${BASE}"]


def hooks(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the hooks of pre-commit by id, all of them local: nothing of a stranger runs before a commit."""
    (repository,) = loaded(folder / ".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"
    return {hook["id"]: hook for hook in repository["hooks"]}


def test_a_hook_calls_a_program_that_the_locks_install(home: Path, repository: Path) -> None:
    installed = (home / "requirements" / "dev.txt").read_text(encoding="utf-8")
    package = {"lint-imports": "import-linter"}
    for hook in hooks(home).values():
        program = shlex.split(hook["entry"])[0]
        name = program.removeprefix(".venv/bin/")
        assert hook["language"] == "system"
        assert program == "git" or name == "trunkline" or f"\n{package.get(name, name)}==" in installed
        assert name in ("git", "trunkline") or Path(sys.executable).with_name(name).is_file()


def test_a_conflict_marker_does_not_get_into_a_commit(
    rendered: Path, tmp_path: Path, git: Callable[..., str]
) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(rendered), str(clone))
    words = shlex.split(hooks(clone)["conflict-markers"]["entry"])
    policy = clone / "trunkline.yaml"
    policy.write_text(policy.read_text(encoding="utf-8") + "# fine\n")
    git(clone, "add", "--all")
    assert subprocess.run(words, cwd=clone, check=False).returncode == 0
    policy.write_text(policy.read_text(encoding="utf-8") + "<<<<<<< HEAD\n")
    git(clone, "add", "--all")
    done = subprocess.run(words, cwd=clone, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "leftover conflict marker" in done.stdout


def test_a_dev_container_is_of_one_exact_image_and_sets_the_project_up(home: Path) -> None:
    container = loaded(home / ".devcontainer" / "devcontainer.json")
    assert re.fullmatch(r"python:3\.1[1-3]\.\d+-bookworm", container["image"])
    assert all(re.fullmatch(r"ghcr\.io/[\w/-]+:\d+\.\d+\.\d+", feature) for feature in container["features"])
    assert container["postCreateCommand"] == "make setup"
    known = {
        "name", "image", "features", "remoteUser", "postCreateCommand", "forwardPorts", "portsAttributes",
        "customizations",
    }  # fmt: skip
    assert set(container) <= known


def test_what_opens_a_pull_request_is_asked_for_two_things(home: Path) -> None:
    text = (home / ".github" / "pull_request_template.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["What changes, and why", "How you know"]
