"""What may be released: what a pull request brought into main, until main would train something else."""

from __future__ import annotations

import shlex
from collections.abc import Callable

import pytest

from trunkline.cli.main import run
from trunkline.core.errors import ForgeError
from trunkline.core.project import Project
from trunkline.forge import open_forge
from trunkline.loop.changes import merged

Git = Callable[..., str]


def commit(project: Project, git: Git, name: str, text: str) -> None:
    """Commit a file."""
    path = project.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", f"Change {name}")


def follow(project: Project, git: Git, step: str) -> None:
    """Do what a next step of the form `COMMAND && ...; once it is merged: COMMAND && ...` says."""
    before, after = step.split("; once it is merged: ")
    for command in before.split(" && "):
        program, *words = shlex.split(command)
        if program == "git":
            git(project.root, *words)
        else:
            assert run(["--project", str(project.root), *words]) == 0
    forge = open_forge(project)
    forge.merge(forge.pull_requests(state="open")[0].number)
    for command in after.split(" && "):
        git(project.root, *shlex.split(command)[1:])


def behind(project: Project, git: Git, name: str) -> None:
    """Let main get a change of a file, and check out what was there before."""
    commit(project, git, name, "# another\n")
    git(project.root, "push", "--quiet", "origin", "main")
    git(project.root, "reset", "--quiet", "--hard", "HEAD~1")


def test_the_newest_of_main_is_released(project: Project) -> None:
    merged.require_released(project)
    assert not merged.overtaken(project)


@pytest.mark.parametrize("name", ["docs/how.md", "deployments/staging.yaml", "model_cards/v0001/README.md"])
def test_a_later_change_that_shapes_no_model_holds_no_release_up(
    project: Project, git: Git, name: str
) -> None:
    behind(project, git, name)
    assert not merged.overtaken(project)
    merged.require_released(project)


@pytest.mark.parametrize(
    "name",
    [
        "src/loans/model.py",
        "trunkline.yaml",
        "data.lock",
        "requirements/train.txt",
        "vendor/trunkline/src/trunkline/fit.py",
    ],
)
def test_a_later_change_of_the_model_is_what_is_released(project: Project, git: Git, name: str) -> None:
    behind(project, git, name)
    assert merged.overtaken(project)
    with pytest.raises(ForgeError, match="origin/main has a newer change of the model") as caught:
        merged.require_released(project)
    assert caught.value.next_step.startswith("git switch main && git pull")


def test_a_model_that_was_put_back_is_not_overtaken(project: Project, git: Git) -> None:
    model = (project.root / "src/loans/model.py").read_text(encoding="utf-8")
    commit(project, git, "src/loans/model.py", "# another\n")
    commit(project, git, "src/loans/model.py", model)
    git(project.root, "push", "--quiet", "origin", "main")
    git(project.root, "reset", "--quiet", "--hard", "HEAD~2")
    assert not merged.overtaken(project)


def test_what_no_pull_request_brought_in_is_not_released(project: Project, git: Git) -> None:
    commit(project, git, "src/loans/model.py", "# mine\n")
    assert not merged.overtaken(project)
    with pytest.raises(ForgeError, match=r"is not part of origin/main") as caught:
        merged.require_released(project)
    follow(project, git, caught.value.next_step)
    merged.require_released(project)


def test_a_desired_state_of_ones_own_is_deployed_once_the_next_step_was_followed(
    project: Project, git: Git
) -> None:
    path = project.deployment("production")
    path.write_text(path.read_text(encoding="utf-8") + "# mine\n", encoding="utf-8")
    with pytest.raises(ForgeError, match="not what origin/main holds") as caught:
        merged.require_merged_file(project, path)
    assert caught.value.next_step.startswith("git restore deployments/production.yaml, or commit")
    git(project.root, "commit", "--quiet", "--all", "--message", "Mine")
    with pytest.raises(ForgeError, match="not what origin/main holds") as caught:
        merged.require_merged_file(project, path)
    follow(project, git, caught.value.next_step)
    merged.require_merged_file(project, path)


def test_a_forge_begins_with_nothing_left_uncommitted(project: Project, git: Git) -> None:
    git(project.root, "remote", "remove", "origin")
    (project.root / "notes.txt").write_text("half an idea\n", encoding="utf-8")
    assert run(["--project", str(project.root), "forge"]) == ForgeError.exit_code
    assert not git(project.root, "remote")


def test_a_branch_apart_from_main_is_not_released_though_main_went_on(project: Project, git: Git) -> None:
    behind(project, git, "src/loans/features.py")
    commit(project, git, "docs/how.md", "mine\n")
    with pytest.raises(ForgeError, match=r"is not part of origin/main"):
        merged.require_released(project)


@pytest.mark.parametrize("name", ["notes.txt", "src/loans/model.py"])
def test_what_is_in_no_commit_is_not_released(project: Project, name: str) -> None:
    (project.root / name).write_text("# half an idea\n", encoding="utf-8")
    with pytest.raises(ForgeError, match="in no commit") as caught:
        merged.require_released(project)
    assert name.rpartition("/")[2] in str(caught.value.value)


def test_without_a_forge_the_next_step_is_to_set_one_up(project: Project, git: Git) -> None:
    git(project.root, "remote", "remove", "origin")
    with pytest.raises(ForgeError, match="no forge yet") as caught:
        merged.require_released(project)
    assert caught.value.next_step == "trunkline forge"


def test_a_file_is_compared_with_what_main_holds_and_not_with_the_branch(project: Project, git: Git) -> None:
    path = project.deployment("production")
    before = path.read_text(encoding="utf-8")
    merged.require_merged_file(project, path)
    git(project.root, "switch", "--quiet", "-c", "mine")
    commit(project, git, "deployments/production.yaml", before + "# mine\n")
    with pytest.raises(ForgeError, match=r"deployments/production\.yaml is not what origin/main holds"):
        merged.require_merged_file(project, path)
    assert merged.merged_text(project, path) == before


def test_a_file_that_main_does_not_have_is_told_apart_from_an_empty_one(project: Project, git: Git) -> None:
    path = project.deployment("staging")
    assert merged.merged_text(project, path) is None
    commit(project, git, "deployments/staging.yaml", "")
    git(project.root, "push", "--quiet", "origin", "main")
    assert merged.merged_text(project, path) == ""


def test_a_project_in_a_subfolder_is_compared_by_its_own_files(project: Project, git: Git) -> None:
    policy = (project.root / "trunkline.yaml").read_text(encoding="utf-8")
    commit(project, git, "models/loans/trunkline.yaml", policy)
    commit(project, git, "models/loans/deployments/production.yaml", "environment: inner\n")
    git(project.root, "push", "--quiet", "origin", "main")
    inner = Project(project.root / "models/loans")
    assert merged.merged_text(inner, inner.deployment("production")) == "environment: inner\n"
    behind(project, git, "src/loans/model.py")
    assert merged.overtaken(project)
    assert not merged.overtaken(inner)


def test_a_desired_state_is_superseded_once_main_which_holds_this_commit_has_another(
    project: Project, git: Git
) -> None:
    path = project.deployment("production")
    assert not merged.superseded(project, path)
    behind(project, git, "docs/how.md")
    assert not merged.superseded(project, path)
    git(project.root, "merge", "--quiet", "--ff-only", "origin/main")
    behind(project, git, "deployments/production.yaml")
    assert merged.superseded(project, path)


def test_what_a_person_changed_here_is_not_superseded(project: Project, git: Git) -> None:
    path = project.deployment("production")
    mine = path.read_text(encoding="utf-8") + "# mine\n"
    behind(project, git, "deployments/production.yaml")
    path.write_text(mine, encoding="utf-8")
    assert not merged.superseded(project, path)
    commit(project, git, "deployments/production.yaml", mine)
    assert not merged.superseded(project, path)


@pytest.mark.parametrize("name", ["main", "origin/main"])
def test_a_tag_that_is_called_like_main_is_not_main(project: Project, git: Git, name: str) -> None:
    newest = git(project.root, "rev-parse", "HEAD").strip()
    commit(project, git, "src/loans/model.py", "# never reviewed\n")
    git(project.root, "tag", name)
    git(project.root, "push", "--quiet", "origin", f"refs/tags/{name}")
    git(project.root, "reset", "--quiet", "--hard", newest)
    merged.require_released(project)
    assert git(project.root, "rev-parse", merged.main_branch(project)).strip() == newest


def test_main_is_brought_up_to_date_beside_a_tag_of_its_name(project: Project, git: Git) -> None:
    git(project.root, "tag", "main")
    git(project.root, "push", "--quiet", "origin", "refs/tags/main")
    git(project.root, "tag", "--delete", "main")
    behind(project, git, "src/loans/model.py")
    git(project.root, "update-ref", "refs/remotes/origin/main", "HEAD")
    assert merged.overtaken(project)
