"""Bundles in the repository: a release is known on other machines, two at once lose nothing, old ones expire."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from mlflow import MlflowClient

from trunkline.cli.main import run
from trunkline.core.errors import BundleError, ForgeError, NotFoundError, PolicyError
from trunkline.core.lineage import Version
from trunkline.core.project import Project
from trunkline.core.record import short
from trunkline.forge import open_forge
from trunkline.loop.life import kept_bundles
from trunkline.loop.model import snapshots, training
from trunkline.loop.release import releasing
from trunkline.loop.versions import bundles, store
from trunkline.loop.versions.named import named_versions
from trunkline.loop.versions.trained import name_version, register_trained

from .conftest import make_project, named_on_main

Git = Callable[..., str]


def say(_: str) -> None:
    """Keep quiet."""


@pytest.fixture(autouse=True)
def _no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture
def here(project: Project, git: Git) -> Project:
    """A project whose bundles are kept in git, with its data locked on main."""
    path = project.root / "trunkline.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "registry: {kind: git}\n", encoding="utf-8")
    project = Project(project.root)
    snapshots.snapshot(project, progress=say)
    commit(project, git, "Lock the data")
    return project


@pytest.fixture
def clone(here: Project, git: Git, tmp_path: Path) -> Callable[[str], Project]:
    """Clone the forge's origin to another folder: another machine, with nothing but what git carries."""

    def make(name: str, *flags: str) -> Project:
        git(tmp_path, "clone", "--quiet", *flags, f"file://{here.forge_folder / 'origin.git'}", name)
        git(tmp_path / name, "config", "user.name", "Grace")
        git(tmp_path / name, "config", "user.email", "grace@localhost")
        (tmp_path / name / ".trunkline").mkdir()
        (tmp_path / name / ".trunkline/forge").symlink_to(here.forge_folder)
        return Project(tmp_path / name)

    return make


def commit(project: Project, git: Git, message: str) -> None:
    """Commit everything on main and push it."""
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", message)
    git(project.root, "push", "--quiet", "origin", "main")


def another_model(project: Project, git: Git) -> None:
    """Change the model on main, so that it has another training key."""
    path = project.root / "src/loans/model.py"
    path.write_text(path.read_text(encoding="utf-8").replace("0.1, 1.0", "0.5, 2.0"), encoding="utf-8")
    commit(project, git, "Another search")


def test_what_one_machine_released_another_knows_shows_in_mlflow_and_never_trains(
    here: Project, clone: Callable[..., Project], capsys: pytest.CaptureFixture[str]
) -> None:
    released = releasing.release(here, progress=say)
    assert released.pull_request is not None
    open_forge(here).merge(released.pull_request.number)
    there = clone("there", "--depth=1")

    bundle, trained, fresh = training.train(there, progress=say)

    assert not fresh
    assert bundle.digest == released.judged.bundle.digest
    assert trained.usage.seconds > 0
    (named,) = named_versions(there)
    assert (named.number, named.bundle, named.lineage) == (1, bundle.digest, bundle.manifest.lineage)
    assert {figure.name for figure in named.figures} >= {"roc_auc"}
    assert named.verdicts["performance/floor:roc_auc"] == "pass"

    for _ in range(2):  # a second time changes nothing
        assert run(["--project", str(there.root), "store", "bring"]) == 0
        assert "version 1" in capsys.readouterr().out
    uri = bundles.tracking_uri(there)
    (row,) = MlflowClient(uri, uri).search_model_versions("name='loans'")
    assert (row.tags["version"], row.tags["bundle"]) == ("1", bundle.digest)


def test_of_two_releases_that_take_one_number_git_merges_one_and_the_other_takes_the_next(
    here: Project, clone: Callable[..., Project], git: Git
) -> None:
    there = clone("there")
    first = releasing.release(here, progress=say)
    another_model(there, git)
    pull = first.pull_request
    assert pull is not None
    # Main has moved on, and the same number is free there as well.
    bundle, trained, _ = training.train(there, progress=say)
    assert (first.version.number, register_trained(there, bundle, trained).number) == (1, 1)
    named_on_main(there, register_trained(there, bundle, trained), trained)

    with pytest.raises(ForgeError) as lost:
        open_forge(here).merge(pull.number)

    assert "model_cards/v0001/version.json" in str(lost.value)
    assert "trunkline release" in lost.value.next_step
    git(here.root, "pull", "--quiet", "origin", "main")
    assert register_trained(here, first.judged.bundle, trained).number == 2
    assert bundles.registry_of(here).digests() == {bundle.digest, first.version.bundle}


def test_a_remote_that_does_not_answer_does_not_keep_anybody_from_training(
    here: Project, clone: Callable[..., Project], git: Git
) -> None:
    released = releasing.release(here, progress=say)
    assert released.pull_request is not None
    open_forge(here).merge(released.pull_request.number)
    there = clone("there")
    git(there.root, "remote", "set-url", "origin", str(here.root / "gone.git"))
    said: list[str] = []

    bundle, _, fresh = training.train(there, progress=said.append)

    assert fresh
    assert bundle.manifest.lineage.training_key == named_versions(there)[0].training_key
    assert any("going on without the registry" in line for line in said)


def test_bundles_are_kept_in_git_by_themselves_where_the_forge_has_a_host(
    project: Project, git: Git, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert bundles.registry_kind(project) == "mlflow"
    git(project.root, "remote", "set-url", "origin", "https://github.com/owner/name")
    assert bundles.registry_kind(project) == "git"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://mlflow.example.org")
    assert bundles.registry_kind(project) == "mlflow"


def test_a_bundle_that_main_names_and_the_registry_lacks_is_said_and_made_again_from_its_commit(
    here: Project, clone: Callable[..., Project], git: Git, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--project", str(here.root), "store"]
    assert run([*words, "status"]) == 0
    bundle, trained, _ = training.train(here, progress=say)
    version = register_trained(here, bundle, trained)
    named_on_main(here, version, trained)
    bundles.registry_of(here).remove([bundle.digest])

    assert run([*words, "status"]) == BundleError.exit_code
    assert "trunkline store convert" in capsys.readouterr().err
    with pytest.raises(NotFoundError) as missing:
        store.bring(clone("there"), progress=say)
    assert "trunkline store convert" in missing.value.next_step
    forge = open_forge(here)
    for _ in range(2):
        assert kept_bundles.look(here, forge) == (f"version 1: the bundle {short(bundle.digest)} is missing",)
        (issue,) = forge.issues(state="open")
        assert bundle.digest in issue.body
    again = clone("again")
    git(again.root, "checkout", "--quiet", "HEAD~1")
    training.train(Project(again.root), progress=say)
    git(again.root, "checkout", "--quiet", "main")
    assert run(["--project", str(again.root), "store", "convert"]) == 0
    assert run([*words, "status"]) == 0
    assert kept_bundles.look(here, forge) == ()
    assert forge.issues(state="open") == ()


def test_what_was_released_before_there_was_this_registry_is_brought_to_it(
    here: Project, clone: Callable[..., Project], git: Git
) -> None:
    """A first pull request names versions that the new forge's main does not name yet."""
    bundle, trained, _ = training.train(here, progress=say)
    name_version(here, Version(number=1, bundle=bundle.digest), trained)
    git(here.root, "add", "--all")
    git(here.root, "commit", "--quiet", "--message", "Version 1")
    assert store.convert(here, progress=say) == (f"version 1 ({short(bundle.digest)})",)
    assert bundles.registry_of(clone("there")).digests() == {bundle.digest}


def test_expiry_is_refused_where_it_cannot_be_known_what_main_desires(
    here: Project, clone: Callable[..., Project], git: Git
) -> None:
    with pytest.raises(ForgeError, match="history"):
        store.expiry(clone("there", "--depth=1"))
    here.deployment("production").write_text("environment: production\n", encoding="utf-8")
    commit(here, git, "No state")
    with pytest.raises(PolicyError, match="target"):
        store.expiry(here)


def test_what_nobody_names_expires_by_a_plan_and_what_serves_or_is_new_stays(
    here: Project, git: Git, capsys: pytest.CaptureFixture[str]
) -> None:
    first, trained, _ = training.train(here, progress=say)
    named_on_main(here, register_trained(here, first, trained), trained)
    another_model(here, git)
    here = Project(here.root)
    second, trained, _ = training.train(here, progress=say)
    register_trained(here, second, trained)  # its pull request was closed
    later = datetime.now(UTC) + timedelta(days=91)

    assert store.expiry(here).bundles == {}
    plan = store.expiry(here, now=later)
    assert set(plan.bundles) == {second.digest}
    (told,) = kept_bundles.look(here, open_forge(here), now=later)
    assert plan.checksum in told
    assert kept_bundles.look(here, open_forge(here)) == ()

    registry = bundles.registry_of(here)
    words = ["--project", str(here.root), "store", "expire"]
    assert run([*words, "--apply", plan.checksum]) != 0  # today the plan is another one
    assert registry.digests() == {first.digest, second.digest}
    git(here.root, "config", "user.name", "Ada")
    policy = here.root / "trunkline.yaml"
    policy.write_text(
        policy.read_text(encoding="utf-8").replace("{kind: git}", "{kind: git, keep: 1, keep_days: 1}"),
        encoding="utf-8",
    )
    here = Project(here.root)
    tomorrow = datetime.now(UTC) + timedelta(days=2)
    named_on_main(here, register_trained(here, second, trained), trained)
    path = here.deployment("production")
    assert set(store.expiry(here, now=tomorrow).bundles) == {first.digest}
    path.write_text(
        path.read_text(encoding="utf-8").replace(
            "strategy: none",
            f"strategy: single\nchampion: {json.dumps({'version': 1, 'bundle': first.digest})}",
        ),
        encoding="utf-8",
    )
    commit(here, git, "Version 1 serves")
    assert store.expiry(here, now=tomorrow).bundles == {}


def test_a_project_of_before_says_as_before_whether_its_store_travels(tmp_path: Path) -> None:
    made = make_project(tmp_path / "loans")
    path = made.root / "trunkline.yaml"
    text = path.read_text(encoding="utf-8")
    for carry, kind in (("always", "git"), ("never", "mlflow"), ("auto", "mlflow")):
        path.write_text(f"{text}registry: {{carry: {carry}}}\n", encoding="utf-8")
        assert bundles.registry_kind(Project(made.root)) == kind
