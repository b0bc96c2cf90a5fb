"""What a release proposes: the version that was rehearsed and no other, and nothing that main has overtaken."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from trunkline.cli.main import run
from trunkline.core.errors import ForgeError, GateFailed, TrunklineError
from trunkline.core.project import Project
from trunkline.core.release import Route
from trunkline.core.verdicts import GateRun, Verdict
from trunkline.delivery import next_state, read_state, write_state
from trunkline.forge import open_forge
from trunkline.loop.gates import runs
from trunkline.loop.model import snapshots, training
from trunkline.loop.release import releasing, tested
from trunkline.loop.rollout.automatic import let_merge

from .conftest import git, make_project

ONE = Route(version=1, bundle="sha256:" + "1" * 64)


def say(_: str) -> None:
    """Keep quiet."""


def push(project: Project, message: str) -> None:
    """Commit everything on main and push it."""
    commit(project, message)
    git(project.root, "push", "--quiet", "origin", "main")


def commit(project: Project, message: str) -> None:
    """Commit everything."""
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", message)


@pytest.fixture(scope="module")
def without_forge(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose rows are locked, as it was generated: nothing was released, and there is no forge."""
    project = make_project(tmp_path_factory.mktemp("releasing") / "loans")
    git(project.root, "remote", "remove", "origin")
    shutil.rmtree(project.forge_folder)
    snapshots.snapshot(project, progress=say)
    commit(project, "Lock the data")
    return project


@pytest.fixture(scope="module")
def refused(without_forge: Project) -> list[TrunklineError]:
    """What a change that is in no commit, another branch and a red gate said of the first release."""
    project, said = without_forge, []
    policy = project.root / "trunkline.yaml"

    def register() -> None:
        with pytest.raises(TrunklineError) as caught:
            releasing.register(Project(project.root), progress=say)
        said.append(caught.value)

    policy.write_text(policy.read_text().replace("roc_auc: 0.6", "roc_auc: 0.999"))
    register()
    git(project.root, "switch", "--quiet", "--create", "strict")
    commit(project, "Stricter")
    register()
    git(project.root, "switch", "--quiet", "main")
    git(project.root, "merge", "--quiet", "strict")
    register()
    said.append(ForgeError(f"{project.forge_folder.exists()} {git(project.root, 'remote')}"))
    git(project.root, "reset", "--quiet", "--hard", "HEAD~1")
    return said


@pytest.fixture(scope="module")
def trained(without_forge: Project, refused: object) -> Project:
    """A project whose model on main is registered as version 1, which nobody proposed yet."""
    assert releasing.register(without_forge, progress=say).version.number == 1
    return without_forge


def test_a_refused_first_release_makes_no_forge_and_one_that_passes_does(
    refused: list[TrunklineError], trained: Project
) -> None:
    *said, left = refused
    assert [type(error) for error in said] == [ForgeError, ForgeError, GateFailed]
    assert left.what == "False "
    assert trained.forge_folder.is_dir()
    assert git(trained.root, "rev-parse", "origin/main") == git(trained.root, "rev-parse", "HEAD")


def test_another_version_than_the_one_that_was_rehearsed_is_not_proposed(
    trained: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ForgeError, match="version 1 by now, and version 7 was rehearsed") as caught:
        releasing.release(trained, number=7, progress=say)
    assert caught.value.next_step == "run release.yml again"
    assert run(["--project", str(trained.root), "release", "--version", "7"]) == ForgeError.exit_code
    assert "version 7 was rehearsed" in capsys.readouterr().err
    assert open_forge(trained).pull_requests(state="open") == ()


def test_the_version_that_was_rehearsed_is_proposed(
    trained: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VERSION", "1")
    assert run(["--project", str(trained.root), "release", "--scheduled"]) == 0
    assert "version:       1" in capsys.readouterr().out
    (pull,) = open_forge(trained).pull_requests(state="open")
    assert pull.title == "production: version 1 answers everyone"
    open_forge(trained).close_pull_request(pull.number)


def test_what_earlier_jobs_of_the_release_asked_about_the_bundle_stands_in_the_proposal(
    trained: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle, _, _ = training.train(trained, progress=say)
    said = GateRun(
        bundle=bundle.digest,
        policy=runs.rules_digest(trained, trained.policy.gates.load),
        snapshot=bundle.manifest.lineage.snapshot,
        created=datetime(2026, 1, 1, tzinfo=UTC),
        verdicts=(Verdict(gate="load/latency", outcome="pass", reason="quick enough"),),
    )
    runs.keep_run(trained, runs.LOAD, said)
    tested.pack(trained, tmp_path / "packed")
    (runs.run_folder(trained, bundle.digest) / "load.json").unlink()
    shutil.rmtree(tmp_path / "packed/report")
    released = releasing.release(trained, evidence=tmp_path / "packed", progress=say)
    assert released.pull_request
    assert "quick enough" in released.pull_request.body
    assert "load/not-run" not in released.pull_request.body
    open_forge(trained).close_pull_request(released.pull_request.number)


def test_a_schedule_leaves_what_main_has_overtaken_to_the_newer_run(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    (project.root / "src/loans/features.py").write_text("# later\n", encoding="utf-8")
    push(project, "Later")
    git(project.root, "reset", "--quiet", "--hard", "HEAD~1")
    words = ["--project", str(project.root), "release"]
    assert run([*words, "--scheduled"]) == 0
    assert capsys.readouterr().out.startswith("skipped:       main has a newer change of the model")
    assert run(words) == ForgeError.exit_code
    assert open_forge(project).pull_requests() == ()
    assert not project.keys.exists()


def test_the_first_stage_follows_from_what_main_desires_and_not_from_what_is_checked_out(
    project: Project,
) -> None:
    assert releasing.first_stage(project) == "single"
    path = project.deployment("production")
    write_state(path, next_state(read_state(path), "single", challenger=ONE))
    assert releasing.first_stage(project) == "single"
    push(project, "Version 1")
    assert releasing.first_stage(project) == "silent"
    git(project.root, "reset", "--quiet", "--hard", "HEAD~1")
    assert releasing.first_stage(project) == "silent"


@pytest.mark.parametrize(
    ("policy", "green", "state"),
    [("automatic", True, "merged"), ("automatic", False, "open"), ("manual", True, "open")],
)
def test_a_promotion_merges_itself_only_where_the_policy_says_so_and_staging_was_green(
    project: Project, policy: str, green: bool, state: str
) -> None:
    file = project.root / "trunkline.yaml"
    file.write_text(
        f"{file.read_text(encoding='utf-8')}\nrollout: {{promotion: {policy}}}\n", encoding="utf-8"
    )
    project = Project(project.root)
    git(project.root, "switch", "--quiet", "-c", "promote/production/v1-single")
    (project.root / "note.md").write_text("A change.", encoding="utf-8")
    commit(project, "Promote")
    forge = open_forge(project)
    head = forge.push(project.root, "promote/production/v1-single")
    pull = forge.propose(branch="promote/production/v1-single", title="Promote", body="")
    against = "" if green else "it was not rehearsed in staging"
    said = let_merge(project, pull.model_copy(update={"head": head}), against=against)
    assert forge.pull_request(pull.number).state == state
    assert bool(said) == (policy == "automatic")
    assert ("not rehearsed in staging" in said) == (policy == "automatic" and not green)
