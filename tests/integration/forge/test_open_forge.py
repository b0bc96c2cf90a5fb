"""The forge that a project gets, and what is loaded for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from standin import Served
from standin.github import TOKEN
from trunkline.core.errors import ForgeError, PolicyError
from trunkline.core.plugins import OURS
from trunkline.core.project import Project
from trunkline.forge import LocalForge, open_forge
from trunkline.forge.github import GitHubForge

from .conftest import git

POLICY = "name: income\npackage: income\n"
NAMES = (
    "GITHUB_ACTIONS",
    "GITHUB_REPOSITORY",
    "GITHUB_API_URL",
    "GITHUB_SERVER_URL",
    "GITHUB_TOKEN",
    "GH_TOKEN",
)


@pytest.fixture
def project(work_tree: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    (work_tree / "trunkline.yaml").write_text(POLICY)
    return Project(work_tree)


def test_a_project_without_a_remote_has_the_local_forge(project: Project) -> None:
    assert isinstance(open_forge(project), LocalForge)


def test_the_local_forges_own_origin_stays_local_in_a_workflow(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    LocalForge.create(project.forge_folder, project.root)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert isinstance(open_forge(project), LocalForge)


def test_a_project_without_a_remote_is_not_the_one_that_a_workflow_checked_out(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_REPOSITORY", "acme/income")
    assert isinstance(open_forge(project), LocalForge)


def test_a_project_whose_remote_lies_on_github_has_github(project: Project) -> None:
    git(project.root, "remote", "add", "origin", "https://github.com/acme/income.git")
    assert isinstance(open_forge(project), GitHubForge)


def test_a_run_in_a_workflow_talks_to_its_github(
    project: Project, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = ("true", "acme/income", served.url, "https://github.com", TOKEN)
    for name, value in zip(NAMES, environment, strict=False):
        monkeypatch.setenv(name, value)
    issue = open_forge(project).open_issue(fingerprint="f", title="Drift", body="")
    assert served.github.threads[issue.number]["title"] == "Drift"


def test_without_the_client_installed_the_error_says_what_to_install(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(project.root, "remote", "add", "origin", "https://github.com/acme/income.git")
    for name in [name for name in sys.modules if name.startswith(("githubkit", "trunkline.forge.github"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "githubkit", None)
    with pytest.raises(ForgeError, match="githubkit") as caught:
        open_forge(project)
    assert caught.value.next_step == "pip install 'trunkline[github]'"


def test_local_use_does_not_load_the_client(project: Project) -> None:
    code = (
        "import sys; from pathlib import Path; from trunkline.core.project import Project\n"
        "from trunkline.forge import open_forge; open_forge(Project(Path(sys.argv[1])))\n"
        "print([name for name in ('githubkit', 'httpx', 'trunkline.forge.github') if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, project.root], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_another_kind_of_forge_needs_a_file_and_a_line_in_the_table(project: Project) -> None:
    # The policy takes only kinds of the table that it was built with.
    chosen = project.policy.forge.model_copy(update={"kind": "written"})
    project.policy = project.policy.model_copy(update={"forge": chosen})
    table = {**OURS, "forges": {"written": "toys.written_forge:WrittenForge"}}
    LocalForge.create(project.root / "written", project.root)
    forge = open_forge(project, table=table)
    assert type(forge).__name__ == "WrittenForge"
    number = forge.open_issue(fingerprint="f", title="A title", body="b", labels=()).number
    assert [issue.title for issue in open_forge(project, table=table).issues(state="open")] == ["A title"]
    assert number == 1


def test_a_kind_of_forge_that_nobody_knows_is_refused_when_the_policy_is_read(project: Project) -> None:
    (project.root / "trunkline.yaml").write_text(POLICY + "forge: {kind: gitlub}\n")
    with pytest.raises(PolicyError, match="auto, github, local"):
        open_forge(project)
