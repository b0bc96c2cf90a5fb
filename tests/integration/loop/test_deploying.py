"""Verbs as workflows call them: nothing to release yet, plans of a change, deployments that fail and come right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from trunkline.cli.main import run
from trunkline.core.errors import ForgeError, PolicyError, SettingError, UnavailableError
from trunkline.core.line_log import append
from trunkline.core.project import Project
from trunkline.core.release import Deployment, Route
from trunkline.delivery import next_state, read_history, read_state, write_state
from trunkline.delivery.image import Image
from trunkline.delivery.targets.container_target import ContainerTarget
from trunkline.forge import Forge, open_forge
from trunkline.loop.model import snapshots
from trunkline.loop.release import releasing
from trunkline.loop.rollout import deploying
from trunkline.loop.rollout.assigned import Assigned, require_log, stage_began
from trunkline.loop.versions import bundles as registered

from .conftest import git, make_project

ONE, TWO = (Route(version=number, bundle=f"sha256:{str(number) * 64}") for number in (1, 2))


def say(_: str) -> None:
    """Keep quiet."""


@pytest.fixture(autouse=True)
def _at_home(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each test run as on a machine of its own, wherever the tests run."""
    for name in ("RUNNER_ENVIRONMENT", "GITHUB_EVENT_NAME", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)


def push(project: Project, message: str) -> None:
    """Commit everything on main and push it."""
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", message)
    git(project.root, "push", "--quiet", "origin", "main")


def desire(project: Project, stage: str, route: Route) -> None:
    """Write the desired state in which a version has a stage."""
    path = project.deployment("production")
    write_state(path, next_state(read_state(path), stage, challenger=route, share=0.2))


@pytest.fixture(scope="module")
def desired(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project whose main desires version 1; what serves is stopped afterwards."""
    project = make_project(tmp_path_factory.mktemp("deploying") / "loans")
    snapshots.snapshot(project, progress=say)
    push(project, "Lock the data")
    registered = releasing.register(project, progress=say)
    assert not registered.settled
    desire(project, "single", Route(version=1, bundle=registered.version.bundle))
    push(project, "Version 1")
    yield project
    deploying.stop(project, "production")


def call(project: Project, *words: str) -> int:
    """Run a verb of a project."""
    return run(["--project", str(project.root), *words])


def outputs(path: Path) -> dict[str, str]:
    """Return what the workflow reads from an output file: the last of each name."""
    return dict(line.split("=", 1) for line in path.read_text(encoding="utf-8").splitlines())


def test_a_workflow_that_may_open_no_pull_request_says_so_and_what_to_do(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise SettingError("GitHub Actions is not permitted to.", next_step="tick it; then start it again")

    monkeypatch.setattr("trunkline.loop.release.releasing.release", refused)
    monkeypatch.setattr("trunkline.loop.changes.merged.overtaken", lambda _: False)
    page = tmp_path / "summary"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    assert call(project, "release", "--scheduled") == 0
    assert len(page.read_text(encoding="utf-8").strip().splitlines()) == 1
    assert "tick it; then start it again" in page.read_text(encoding="utf-8")
    assert call(project, "release") == SettingError.exit_code


def test_without_locked_rows_a_schedule_has_nothing_to_release_and_says_so(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    assert call(project, "ci", "register", "--scheduled") == 0
    assert "There is no data.lock yet" in capsys.readouterr().out
    assert outputs(tmp_path / "output") == {"propose": "false"}


def test_by_hand_the_missing_lock_is_an_error(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(project, "ci", "register") != 0
    assert "data.lock" in capsys.readouterr().err


def test_a_commit_that_main_has_overtaken_is_left_to_the_newer_run(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    snapshots.snapshot(project, progress=say)
    push(project, "Lock the data")
    (project.root / "src/loans/features.py").write_text("# later\n", encoding="utf-8")
    push(project, "Later")
    git(project.root, "reset", "--quiet", "--hard", "HEAD~1")
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    assert call(project, "ci", "register", "--scheduled") == 0
    assert "a run of its own releases" in capsys.readouterr().out
    assert outputs(tmp_path / "output") == {"propose": "false"}
    assert not project.keys.exists()


def test_registering_again_is_the_same_version_and_proposes_nothing_that_is_served(
    desired: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    for _ in range(2):
        assert call(desired, "ci", "register", "--scheduled") == 0
        assert "the desired state names it already" in capsys.readouterr().out
    (digest,) = registered.registry_of(desired).digests()
    assert outputs(tmp_path / "output") == {
        "propose": "false",
        "sign": "false",
        "version": "1",
        "bundle": digest,
    }


def test_a_version_that_people_took_out_of_the_desired_state_is_not_proposed_again(
    desired: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = desired.deployment("production")
    before = path.read_text(encoding="utf-8")
    path.write_text(before.split("strategy:")[0] + "strategy: none\n", encoding="utf-8")
    push(desired, "Nobody serves")
    try:
        monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
        assert call(desired, "ci", "register", "--scheduled") == 0
        handed_on = outputs(tmp_path / "output")
        assert (handed_on["propose"], handed_on["version"]) == ("false", "1")
    finally:
        path.write_text(before, encoding="utf-8")
        push(desired, "Version 1 again")


def on_a_container(project: Project, host: str = "") -> None:
    path = project.deployment("production")
    text = path.read_text(encoding="utf-8").replace(
        "kind: local", f"kind: container{f', host: {host}' if host else ''}"
    )
    path.write_text(re.sub(r"port: \d+", "port: 8080", text), encoding="utf-8")


def test_the_kill_switch_of_another_machine_holds_here(project: Project) -> None:
    on_a_container(project)
    for stage, route in (("single", ONE), ("canary", TWO)):
        desire(project, stage, route)
    push(project, "A canary")
    wanted = deploying.desired_release(project, "production")
    target = deploying.target_of(project, "production")
    assert isinstance(target, ContainerTarget)
    assert wanted
    thrown = Deployment(
        time=datetime.now(UTC),
        environment="production",
        revision=wanted.revision,
        plan="",
        release=wanted.model_copy(update={"strategy": "single", "challenger": None, "share": 0.0}),
        outcome="applied",
        instead_of=wanted,
    )
    assert deploying.switched_off(project, "production", wanted) is None
    target.remember(thrown)
    assert deploying.switched_off(project, "production", wanted) == thrown
    # What another machine lifted does not hold because of this machine's history.
    append(deploying.history_file(project, "production"), [thrown])
    target.remember(thrown.model_copy(update={"instead_of": None}))
    assert deploying.switched_off(project, "production", wanted) is None


def test_a_fresh_clone_knows_since_when_the_stage_of_another_machine_lasts(project: Project) -> None:
    on_a_container(project)
    for stage, route in (("single", ONE), ("canary", TWO)):
        desire(project, stage, route)
    push(project, "A canary")
    wanted = deploying.desired_release(project, "production")
    target = deploying.target_of(project, "production")
    assert isinstance(target, ContainerTarget)
    assert wanted
    began = datetime.now(UTC) - timedelta(hours=30)
    target.remember(
        Deployment(
            time=began + timedelta(hours=6),
            environment="production",
            revision=wanted.revision,
            plan="",
            release=wanted.model_copy(update={"revision": "another"}),
            outcome="applied",
            since=began,
        )
    )
    assert read_history(deploying.history_file(project, "production")) == ()
    assert stage_began(project, "production", Assigned(wanted)) == began


def test_a_log_that_nobody_brings_here_is_not_taken_for_an_empty_one(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_log(project, "production")
    on_a_container(project, "deploy@prod.example.org")
    with pytest.raises(UnavailableError, match="lies on the machine that serves") as refused:
        require_log(project, "production")
    assert "serving.log.store" in refused.value.next_step
    monkeypatch.setenv("TRUNKLINE_LOG_STORE", (project.work / "store").as_uri())
    require_log(project, "production")


def test_the_evidence_is_what_image_and_rehearsal_kept(tmp_path: Path) -> None:
    assert releasing.evidence_in(tmp_path / "nowhere") == ""
    image = Image(name="ghcr.io/ada/loans", tag="0123", identity="sha256:1", bundles=())
    image.model_copy(update={"digest": "sha256:" + "3" * 64}).write(tmp_path / "image.json")
    assert f"`ghcr.io/ada/loans@sha256:{'3' * 64}`" in releasing.evidence_in(tmp_path)
    (tmp_path / "rehearsal.md").write_text("**Rehearsed in staging**: well.\n\n", encoding="utf-8")
    first, second = releasing.evidence_in(tmp_path).split("\n\n")
    assert first.startswith("**Image**")
    assert second == "**Rehearsed in staging**: well."


def test_a_hosted_runner_cannot_be_the_machine_that_serves(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploying.out_of_reach(project, "production") == ""
    monkeypatch.setenv("RUNNER_ENVIRONMENT", "self-hosted")
    assert deploying.out_of_reach(project, "production") == ""
    monkeypatch.setenv("RUNNER_ENVIRONMENT", "github-hosted")
    assert call(project, "deploy", "production", "--scheduled") == 0
    shown = capsys.readouterr().out
    assert shown.startswith("skipped: ")
    assert "TRUNKLINE_RUNNER" in shown
    assert open_forge(project).issues() == ()


def test_a_deployment_that_fails_is_one_issue_until_it_comes_right(
    desired: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    forge = open_forge(desired)
    path = desired.deployment("production")
    before = path.read_text(encoding="utf-8")
    path.write_text(before + "# not merged\n", encoding="utf-8")
    for _ in range(2):
        assert call(desired, "deploy", "production", "--scheduled") == ForgeError.exit_code
        assert "issue:         #" in capsys.readouterr().out
    (issue,) = forge.issues(state="open", fingerprint="production/deployment")
    assert "is not what origin/main holds" in issue.body
    assert "severity: critical" in issue.labels
    path.write_text(before, encoding="utf-8")
    for _ in range(2):
        assert call(desired, "deploy", "production", "--scheduled") == 0
    assert deploying.target_of(desired, "production").check().ready
    assert forge.issues(state="open") == ()
    closed = forge.issue(issue.number)
    assert [comment.body for comment in closed.comments] == ["It serves what was merged again."]


def test_by_hand_a_deployment_that_fails_opens_no_issue(desired: Project) -> None:
    path = desired.deployment("production")
    before = path.read_text(encoding="utf-8")
    known = len(open_forge(desired).issues())
    path.write_text(before + "# not merged\n", encoding="utf-8")
    try:
        assert call(desired, "deploy", "production") == ForgeError.exit_code
    finally:
        path.write_text(before, encoding="utf-8")
    assert len(open_forge(desired).issues()) == known


def test_a_schedule_leaves_a_superseded_deployment_to_the_newer_run(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    desire(project, "single", ONE)
    push(project, "Version 1")
    git(project.root, "reset", "--quiet", "--hard", "HEAD~1")
    assert call(project, "deploy", "production", "--scheduled") == 0
    assert capsys.readouterr().out.startswith("skipped:       main desires something newer of production")
    assert open_forge(project).issues() == ()
    assert call(project, "deploy", "production") == ForgeError.exit_code


def test_an_environment_that_does_not_exist_is_refused_on_schedule_without_an_issue(project: Project) -> None:
    assert call(project, "deploy", "nowhere", "--scheduled") != 0
    assert open_forge(project).issues() == ()


def test_a_forge_that_does_not_answer_hides_no_failed_deployment(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def silent(_: Project) -> Forge:
        raise UnavailableError("The forge does not answer.")

    monkeypatch.setattr(deploying, "open_forge", silent)
    path = project.deployment("production")
    path.write_text(path.read_text(encoding="utf-8") + "# not merged\n", encoding="utf-8")
    assert call(project, "deploy", "production", "--scheduled") == ForgeError.exit_code
    shown = capsys.readouterr()
    assert "issue:         none: The forge does not answer." in shown.out
    assert "is not what origin/main holds" in shown.err


def test_what_serves_does_not_lie_in_a_runners_work_folder(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNNER_ENVIRONMENT", "self-hosted")
    reviewed = deploying.plan_deployment(project, "production").checksum
    with pytest.raises(PolicyError, match="must not lie in the runner's work folder") as caught:
        deploying.apply_deployment(project, "production", reviewed=reviewed, progress=say)
    assert "TRUNKLINE_HOME" in caught.value.next_step
    assert not project.live("production").exists()
    kept = Project(project.root, tmp_path / "home")
    reviewed = deploying.plan_deployment(kept, "production").checksum
    made = deploying.apply_deployment(kept, "production", reviewed=reviewed, progress=say)
    assert made.environment == "production"
    assert deploying.history_file(kept, "production").is_relative_to(tmp_path / "home")
