"""What holds for the template's own files, rendered or not."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from ruamel.yaml import YAML

from trunkline.core.policy.policy import policy_schema

LINE = re.compile(
    r"(?P<package>[a-z0-9][a-z0-9._-]*)(?:\[[a-z0-9, -]+\])?==(?P<version>[^ ;]+)(?: ; (?P<marker>[^\\]+?))? \\"
)
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}(?: \\)?")
WORKFLOWS = ("ci", "deploy", "heartbeat", "monitor", "release", "retrain", "rollout", "score", "wake")


def locked(path: Path) -> set[tuple[str, str]]:
    """Return the packages and versions of a lock, after every line was looked at."""
    found = set()
    for line in path.read_text(encoding="utf-8").splitlines():
        if match := LINE.fullmatch(line):
            found.add((match["package"], match["version"]))
        else:
            assert HASH.fullmatch(line), f"{path.name}: {line}"
    return found


@pytest.mark.parametrize("name", ["build", "dev", "forge", "serve", "train"])
def test_a_lock_holds_versions_and_hashes_that_this_repository_tests(
    template: Path, repository: Path, name: str
) -> None:
    tested = locked(repository / "requirements" / "dev.txt")
    assert locked(template / "requirements" / f"{name}.txt") <= tested


@pytest.mark.parametrize(
    ("name", "extras"),
    [
        ("serve", ["serve"]),
        ("train", ["train", "monitor"]),
        ("forge", ["github"]),
        ("dev", ["train", "serve", "monitor", "github"]),
    ],
)
def test_a_lock_has_everything_that_the_toolkit_asks_for(
    template: Path, repository: Path, name: str, extras: list[str]
) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needs = [
        *project["dependencies"],
        *(row for extra in extras for row in project["optional-dependencies"][extra]),
    ]
    versions: dict[str, list[str]] = {}
    for package, version in locked(template / "requirements" / f"{name}.txt"):
        versions.setdefault(package, []).append(version)
    for need in map(Requirement, needs):
        assert any(need.specifier.contains(version) for version in versions.get(need.name, [])), need


@pytest.mark.parametrize("name", ["build", "dev", "serve", "train"])
def test_a_lock_has_everything_that_the_project_adds(template: Path, name: str) -> None:
    packages = {package for package, _ in locked(template / "requirements" / f"{name}.txt")}
    for line in (template / "requirements" / f"{name}.in").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith(("#", "-r")):
            assert Requirement(line).name in packages


@pytest.mark.parametrize("name", ["forge", "serve"])
def test_serving_and_the_forge_install_nothing_of_training(template: Path, name: str) -> None:
    packages = {package for package, _ in locked(template / "requirements" / f"{name}.txt")}
    assert not packages & {"scikit-learn", "pandas", "mlflow", "scipy", "pyarrow", "pandera"}


def test_the_schema_for_editors_is_that_of_the_policy(template: Path) -> None:
    assert json.loads((template / "trunkline.schema.json").read_text(encoding="utf-8")) == policy_schema()


def test_python_files_hold_answers_but_no_conditions(template: Path) -> None:
    for path in template.rglob("*.py"):
        assert "{%" not in path.read_text(encoding="utf-8"), path


USE_CASES = sorted((Path(__file__).parents[3] / "template").glob("*/use_cases/*"))


@pytest.mark.parametrize("folder", USE_CASES, ids=lambda folder: folder.name)
def test_a_use_case_is_whole_and_its_files_hold_no_template_language(folder: Path) -> None:
    (package,) = (folder / "src").iterdir()
    modules = {"__init__.py", "contract.py", "data.py", "features.py", "model.py"}
    assert {path.name for path in package.glob("*.py")} == modules
    for path in package.glob("*.py"):
        assert "{{" not in path.read_text(encoding="utf-8"), path
    assert (folder / "README.md").read_text(encoding="utf-8").startswith("### The use case: ")
    assert (folder / "trunkline.yaml").is_file()


def test_each_use_case_can_be_chosen(repository: Path) -> None:
    answers = json.loads((repository / "template" / "cookiecutter.json").read_text(encoding="utf-8"))
    assert sorted(answers["use_case"]) == [folder.name for folder in USE_CASES]
    assert set(answers["__prompts__"]["use_case"]) == {"__prompt__", *answers["use_case"]}


def workflow(folder: Path, name: str) -> dict[str, Any]:
    """Return a workflow as YAML 1.2 reads it, in which `on` is a word."""
    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load(
        folder / ".github" / "workflows" / f"{name}.yml"
    )
    return loaded


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflow_is_copied_byte_for_byte(template: Path, rendered: Path, name: str) -> None:
    path = Path(".github") / "workflows" / f"{name}.yml"
    assert (rendered / path).read_bytes() == (template / path).read_bytes()


def test_the_project_has_these_workflows_and_no_other(rendered: Path) -> None:
    assert sorted(path.stem for path in (rendered / ".github" / "workflows").iterdir()) == sorted(WORKFLOWS)


@pytest.fixture(params=["repository:ci", "repository:release", *(f"template:{name}" for name in WORKFLOWS)])
def any_workflow(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Each workflow of the template, and this repository's own."""
    where, name = request.param.split(":")
    return workflow(request.getfixturevalue(where), name)


def test_a_workflow_grants_nothing_by_default_and_says_what_each_job_needs(
    any_workflow: dict[str, Any],
) -> None:
    assert any_workflow["permissions"] == {}
    for job in any_workflow["jobs"].values():
        assert "permissions" in job
        assert "write-all" not in str(job["permissions"])


def test_every_job_ends_in_time(any_workflow: dict[str, Any]) -> None:
    for job in any_workflow["jobs"].values():
        assert 0 < job["timeout-minutes"] <= 60


def test_checks_cancel_older_ones_and_what_acts_waits_by_the_job(any_workflow: dict[str, Any]) -> None:
    if any_workflow["name"] == "ci":
        assert any_workflow["concurrency"]["group"]
        assert any_workflow["concurrency"]["cancel-in-progress"] is True
        return
    assert "concurrency" not in any_workflow, "a run that waits for a person would hold it"
    for job in any_workflow["jobs"].values():
        assert job["concurrency"]["group"]
        assert job["concurrency"]["cancel-in-progress"] is False


def test_actions_are_pinned_and_keep_no_credentials(any_workflow: dict[str, Any]) -> None:
    for job in any_workflow["jobs"].values():
        for step in job["steps"]:
            if "uses" in step:
                assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step["uses"])
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


def test_a_step_is_one_command_without_logic(any_workflow: dict[str, Any]) -> None:
    for job in any_workflow["jobs"].values():
        for step in job["steps"]:
            assert len(step.get("run", "").splitlines()) <= 1
            # A variable in quotes is one word to the shell, whatever it holds.
            assert not re.search(r"[;&|$]", re.sub(r'"\$[A-Z_]+"', "", step.get("run", "")))


@pytest.mark.parametrize("where", ["repository", "template"])
def test_one_job_stands_for_all_checks(where: str, request: pytest.FixtureRequest) -> None:
    jobs = workflow(request.getfixturevalue(where), "ci")["jobs"]
    assert set(jobs["pass"]["needs"]) == set(jobs) - {"pass"}
    assert jobs["pass"]["if"] == "always()"


def test_what_a_workflow_calls_is_there(rendered: Path) -> None:
    targets = set(
        re.findall(r"^([a-z0-9-]+):", (rendered / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    )
    for name in WORKFLOWS:
        for job in workflow(rendered, name)["jobs"].values():
            for step in job["steps"]:
                command, *words = shlex.split(step.get("run", "")) or [""]
                asked = [word for word in words if not word.startswith("-") and "=" not in word]
                if command == "make":
                    assert asked
                    assert set(asked) <= targets


def test_every_variable_that_the_operator_may_set_reaches_a_workflow(template: Path) -> None:
    manual = (template / "docs" / "operations.md").read_text(encoding="utf-8")
    table = manual.partition("## Variables and secrets")[2].partition("\n## ")[0]
    said = set(re.findall(r"`([A-Z_]+)`", "".join(re.findall(r"^\|([^|]+)\|", table, re.MULTILINE))))
    workflows = "".join(
        path.read_text(encoding="utf-8") for path in (template / ".github" / "workflows").glob("*.yml")
    )
    assert said
    assert said <= set(re.findall(r"\b(?:vars|secrets)\.([A-Z_]+)", workflows))


def test_the_root_menu_leads_to_the_template(repository: Path) -> None:
    menu = json.loads((repository / "cookiecutter.json").read_text(encoding="utf-8"))
    assert [entry["path"] for entry in menu["templates"].values()] == ["./template"]
    assert set(menu) == {"templates"}


def test_every_question_is_asked_in_plain_language(repository: Path) -> None:
    answers = json.loads((repository / "template" / "cookiecutter.json").read_text(encoding="utf-8"))
    questions = {name for name in answers if not name.startswith("_")}
    assert set(answers["__prompts__"]) == questions
    assert len(questions) <= 9


def test_each_secret_of_the_workflows_is_listed_with_its_environments(template: Path) -> None:
    asked: dict[str, set[str]] = {}
    for name in WORKFLOWS:
        for job in YAML(typ="safe").load(template / f".github/workflows/{name}.yml")["jobs"].values():
            held = job.get("environment", "")
            environment = held["name"] if isinstance(held, dict) else held
            reached = {"staging", "production"} if "matrix" in environment else {environment}
            for secret in re.findall(r"secrets\.([A-Z_]+)", json.dumps(job)):
                asked.setdefault(secret, set()).update(reached)
    page = (template / "docs/github.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([A-Z_]+)` \| ((?:`[a-z]+`(?:, )?)+) \|", page, re.MULTILINE)
    assert {name: set(re.findall("[a-z]+", environments)) for name, environments in rows} == asked
