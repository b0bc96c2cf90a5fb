"""The commit that a bundle, a card and a trace name is one that holds what was trained."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from mlflow import MlflowClient

from trunkline.core.errors import ForgeError
from trunkline.core.lineage import Lineage
from trunkline.core.project import Project
from trunkline.loop.life.provenance import code_at, describe_commit
from trunkline.loop.model import snapshots
from trunkline.loop.model.training import train
from trunkline.loop.release.releasing import take_over
from trunkline.loop.versions.bundles import tracking_uri

Git = Callable[..., str]


def say(_: str) -> None:
    """Keep quiet."""


def edit(project: Project, text: str) -> None:
    """Change the model's file."""
    with (project.root / "src/loans/model.py").open("a", encoding="utf-8") as file:
        file.write(f"# {text}\n")


def commit(project: Project, git: Git, message: str) -> str:
    """Commit everything and return the commit."""
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", message)
    return git(project.root, "rev-parse", "HEAD")


def lineage(project: Project, named: str) -> Lineage:
    """The lineage of a bundle that was trained on the project as it stands and names a commit."""
    none = {"training_key": "", "policy": "", "lock": "", "toolkit": "", "candidate": "", "settings": {}}
    return Lineage.model_validate(
        none | {"commit": named, "snapshot": "sha256:0", "code": project.code_digest()}
    )


@pytest.mark.timeout(400)
def test_a_model_that_was_trained_before_its_commit_is_released_under_that_commit(
    project: Project, git: Git
) -> None:
    snapshots.snapshot(project, progress=say)
    edit(project, "mine")
    early, trained, _ = train(project, progress=say)
    assert early.manifest.lineage.commit == git(project.root, "rev-parse", "HEAD") + "+dirty"
    same, _, _ = train(project, progress=say)
    assert same.digest == early.digest, "nothing was committed meanwhile"

    head = commit(project, git, "Mine")
    git(project.root, "push", "--quiet", "origin", "main")
    late, again = take_over(project, progress=say)

    assert late.manifest.lineage.commit == head
    assert (late.digest != early.digest, again.bundle) == (True, late.digest)
    assert late.model_file.read_bytes() == early.model_file.read_bytes()
    assert late.manifest.figures == early.manifest.figures
    assert again.run == trained.run
    tags = MlflowClient(tracking_uri(project)).get_run(trained.run).data.tags
    assert (tags["trunkline.commit"], tags["trunkline.bundle"]) == (head, late.digest)
    commit_again = train(project, progress=say)[0]
    assert commit_again.digest == late.digest
    edit(project, "another")
    commit(project, git, "Another")
    git(project.root, "revert", "--no-edit", "HEAD")
    assert train(project, progress=say)[0].digest == late.digest, (
        "a clean commit that holds it stays its commit"
    )


@pytest.mark.timeout(400)
def test_what_git_was_told_to_ignore_is_not_released(project: Project, git: Git) -> None:
    (project.root / ".gitignore").write_text(".trunkline/\n__pycache__/\n*.bin\n")
    (project.root / "src/loans/weights.bin").write_bytes(b"1")
    snapshots.snapshot(project, progress=say)
    commit(project, git, "Lock the data")
    git(project.root, "push", "--quiet", "origin", "main")
    with pytest.raises(ForgeError, match=r"src/loans/weights\.bin"):
        take_over(project, progress=say)


def test_a_commit_is_believed_when_its_package_is_the_bundles(project: Project, git: Git) -> None:
    head = git(project.root, "rev-parse", "HEAD")
    assert code_at(project, head) == project.code_digest()
    assert describe_commit(project, lineage(project, head)) == (head, "First commit (Ada)")


def test_a_commit_with_another_package_is_not_said_to_have_produced_it(project: Project, git: Git) -> None:
    head = git(project.root, "rev-parse", "HEAD")
    edit(project, "mine")
    found, said = describe_commit(project, lineage(project, head))
    assert found == ""
    assert "did not produce" in said


def test_of_a_bundle_that_names_no_commit_the_one_that_holds_its_package_is_found(
    project: Project, git: Git
) -> None:
    head = git(project.root, "rev-parse", "HEAD")
    edit(project, "mine")
    early = lineage(project, f"{head}+dirty")
    assert describe_commit(project, early)[0] == ""
    holder = commit(project, git, "Mine")
    edit(project, "later")
    commit(project, git, "Later")
    assert describe_commit(project, early)[0] == holder


def test_files_of_any_kind_are_compared_as_they_are_in_git(project: Project, git: Git) -> None:
    package = project.root / "src/loans"
    (package / "deep").mkdir()
    (package / "deep" / "große datei.bin").write_bytes(b"\0\r\n\xff")
    (package / "empty").write_bytes(b"")
    (package / ".hidden").write_bytes(b"1")
    head = commit(project, git, "Files")
    assert code_at(project, head) == project.code_digest()
    (package / "link").symlink_to("empty")
    assert code_at(project, commit(project, git, "A link")) == ""


def test_a_commit_that_is_not_in_this_clone_is_not_confirmed(project: Project) -> None:
    found, said = describe_commit(project, lineage(project, "1" * 40))
    assert found == ""
    assert "clone" in said
