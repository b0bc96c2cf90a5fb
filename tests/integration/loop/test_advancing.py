"""A challenger on live traffic, with a real service: on to the next stage, back from a bad canary, green schedules."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from containers.fixtures import free_port
from trunkline.cli.main import run
from trunkline.core.bundle import BundleStore
from trunkline.core.errors import NotFoundError, PolicyError, UnavailableError
from trunkline.core.line_log import append
from trunkline.core.lineage import Version
from trunkline.core.project import Project
from trunkline.delivery import read_history, read_state, write_state
from trunkline.delivery.engine import Engine
from trunkline.delivery.targets.service import wait_for
from trunkline.forge import open_forge
from trunkline.loop.gates import reviewing
from trunkline.loop.life import traffic, watching
from trunkline.loop.life.last_watch import earlier_signals
from trunkline.loop.model import snapshots
from trunkline.loop.release import releasing
from trunkline.loop.rollout import advancing, deploying, drifting, promoting
from trunkline.loop.rollout.assigned import nothing_to_see
from trunkline.predictions import GroundTruth
from trunkline.predictions.reader import LogReader
from trunkline.predictions.shipping import Shipper
from trunkline.predictions.stores import open_store

from ..delivery.fake_image import fake_image
from .conftest import copied, make_project

Git = Callable[..., str]
ROLLOUT = """
rollout: {minimum_rows: 150, minimum_hours: 0, canary_share: 0.5, failures: 0.04, latency_p95_ms: 1000}
"""


def say(_: str) -> None:
    """Keep quiet."""


def merge(project: Project, number: int, git: Git) -> None:
    """Merge a pull request and check main out."""
    open_forge(project).merge(number)
    git(project.root, "switch", "--quiet", "main")
    git(project.root, "pull", "--quiet", "--ff-only", "origin", "main")


def deploy(project: Project) -> None:
    """Plan and apply."""
    made = deploying.plan_deployment(project, "production")
    deploying.apply_deployment(project, "production", reviewed=made.checksum, progress=say)


def change_model(project: Project, git: Git, branch: str) -> Project:
    """Bring what differs in the work tree into main and return the project as it is then."""
    git(project.root, "switch", "--quiet", "-c", branch)
    snapshots.snapshot(project, progress=say)
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", branch)
    merge(project, reviewing.review(project, progress=say).pull_request.number, git)
    return Project(project.root)


def send(project: Project, rows: int) -> traffic.Sent:
    """Send the first rows of the project's data to the service."""
    contract = deploying.serving_contract(project, "production")
    frame = project.plug("data", "load")()
    address = deploying.target_of(project, "production").address()
    return traffic.send(frame.to_dict("records")[:rows], contract, address, progress=say)


@pytest.fixture(scope="module")
def released(quick: None, tmp_path_factory: pytest.TempPathFactory, git: Git) -> tuple[Project, Version]:
    """A project whose first version is desired, and its second one, which is registered; tests get copies."""
    project = make_project(tmp_path_factory.mktemp("released") / "loans")
    policy = project.root / "trunkline.yaml"
    policy.write_text(policy.read_text(encoding="utf-8") + ROLLOUT, encoding="utf-8")
    project = change_model(Project(project.root), git, "model/first")
    first = releasing.release(project, progress=say)
    assert first.pull_request
    merge(project, first.pull_request.number, git)
    model = project.root / "src/loans/model.py"
    model.write_text(model.read_text(encoding="utf-8").replace("[0.1, 1.0]", "[10.0]"), encoding="utf-8")
    project = change_model(project, git, "model/second")
    second = releasing.release(project, progress=say)
    assert second.pull_request
    open_forge(project).close_pull_request(second.pull_request.number)
    return project, second.version


@pytest.fixture
def challenged(released: tuple[Project, Version], tmp_path: Path) -> Iterator[Project]:
    """A project whose first version serves, and whose second one is registered."""
    project = copied(released[0], tmp_path / "loans")
    deploy(project)
    yield project
    deploying.stop(project, "production")


@pytest.fixture(scope="module")
def second(released: tuple[Project, Version]) -> Version:
    """The version that is registered and not merged yet."""
    return released[1]


def stage(project: Project, name: str, version: Version, git: Git) -> None:
    """Bring a version to a stage, and serve it."""
    merge(project, promoting.propose_stage(project, name, version=version, progress=say).number, git)
    deploy(project)


def shipped(project: Project, folder: Path) -> str:
    """Put what the service has logged into a store, as it would ship it, with the ground truth; return the address."""
    address = f"file://{folder}/store/{{environment}}"
    shutil.copytree(project.predictions("production"), folder / "spool")
    store = open_store(address, "production", {})
    assert Shipper(folder / "spool", store).ship()
    store.put("20260101t10-00000001.truth", project.truth("production"))
    return address


def elsewhere(project: Project, folder: Path) -> Project:
    """Return the project as a runner has it that served nothing and keeps nothing."""
    folder.mkdir()
    (folder / "bundles").symlink_to(project.work / "bundles")
    return Project(project.root, folder)


def test_a_silent_challenger_goes_on_by_one_pull_request_that_a_person_may_close(
    challenged: Project, second: Version, git: Git
) -> None:
    forge = open_forge(challenged)
    stage(challenged, "silent", second, git)
    policy = challenged.root / "trunkline.yaml"
    policy.write_text(
        policy.read_text(encoding="utf-8").replace("rollout: {", "rollout: {patience_hours: 0.000001, "),
        encoding="utf-8",
    )
    challenged = Project(challenged.root)
    early = advancing.advance(challenged, "production", progress=say)
    assert early.pull_request is None
    assert "150 more are needed" in early.said
    (asked,) = forge.issues(state="open")
    assert "promote --stage canary" in asked.body
    assert "promote --stage back" in asked.body
    sent = send(challenged, 300)
    append(challenged.truth("production"), sent.truths)
    log = challenged.predictions("production")
    assert wait_for(lambda: len(LogReader(log).between().silent) >= 300 or None, patience=20)
    first = advancing.advance(challenged, "production", progress=say)
    assert first.pull_request, first.said
    assert first.pull_request.branch == "promote/production/v2-canary"
    assert "## The silent stage on live traffic: go on" in first.pull_request.body
    assert "roc_auc" in first.pull_request.body
    assert forge.issues(state="open") == ()
    tip = git(challenged.root, "ls-remote", "origin", "promote/production/v2-canary")
    again = advancing.advance(challenged, "production", progress=say)
    assert again.pull_request
    assert again.pull_request.number == first.pull_request.number
    assert git(challenged.root, "ls-remote", "origin", "promote/production/v2-canary") == tip
    forge.close_pull_request(first.pull_request.number, comment="Not this one.")
    refused = advancing.advance(challenged, "production", progress=say)
    assert refused.pull_request is None
    assert f"a person closed #{first.pull_request.number}" in refused.said
    assert forge.pull_requests(state="open") == ()


def send_with_worse_truth(project: Project) -> None:
    """Send rows, and let the outcomes say that version 2 is always wrong where version 1 would be right."""
    sent = send(project, 700)
    answers = {row.id: row for row in LogReader(project.predictions("production")).between().predictions}
    turned = [
        GroundTruth(
            prediction=row.prediction,
            value={"yes": "no", "no": "yes"}[str(row.value)]
            if answers[row.prediction].version == 2
            else row.value,
            time=row.time,
        )
        for row in sent.truths
    ]
    append(project.truth("production"), tuple(turned))


def test_the_kill_switch_takes_the_traffic_before_the_merge_and_a_person_may_give_it_back(
    challenged: Project, second: Version, git: Git, capsys: pytest.CaptureFixture[str]
) -> None:
    policy = challenged.root / "trunkline.yaml"
    policy.write_text(
        policy.read_text(encoding="utf-8").replace("rollout: {", "rollout: {kill_switch: true, "),
        encoding="utf-8",
    )
    challenged = Project(challenged.root)
    target = deploying.target_of(challenged, "production")
    stage(challenged, "canary", second, git)
    desired = target.assigned()
    send_with_worse_truth(challenged)
    first = advancing.advance(challenged, "production", progress=say)
    assert first.pull_request, first.said
    serves = target.observe()
    assert serves
    assert desired
    assert (serves.strategy, serves.challenger, serves.champion) == ("single", None, desired.champion)
    newest = read_history(deploying.history_file(challenged, "production"))[-1]
    assert (newest.outcome, newest.instead_of) == ("applied", desired)
    # What is merged does not come back by a plan, and both verbs say why.
    assert deploying.plan_deployment(challenged, "production").steps == ()
    for verb in ("plan", "status"):
        assert run(["--project", str(challenged.root), verb]) == 0
        assert "version 2 is desired and gets no traffic" in capsys.readouterr().out
    again = advancing.advance(challenged, "production", progress=say)
    assert again.pull_request
    assert again.pull_request.number == first.pull_request.number
    open_forge(challenged).close_pull_request(first.pull_request.number)
    back = advancing.advance(challenged, "production", progress=say)
    assert "has its traffic again" in back.said
    assert target.observe() == desired
    assert "more are needed" in advancing.advance(challenged, "production", progress=say).said
    by_hand = promoting.propose_next_stage(challenged, "back", progress=say)
    assert "rollback" in by_hand.labels
    merge(challenged, by_hand.number, git)
    assert read_state(challenged.deployment("production")).challenger is None


def in_containers(project: Project, image: str, program: str) -> None:
    """Let containers serve on what a process served, and merge that."""
    path = project.deployment("production")
    moved = path.read_text(encoding="utf-8").replace(
        "kind: local", f"kind: container, engine: {Path(program).name}"
    )
    moved = re.sub(r"port: \d+", f"port: {free_port()}", moved)
    path.write_text(moved, encoding="utf-8")
    write_state(path, read_state(path).in_image(image))


def test_a_bad_canary_in_a_container_loses_its_traffic_before_its_rollback_is_merged(
    challenged: Project, second: Version, git: Git, engine: Engine, registry: str, tmp_path: Path
) -> None:
    if not shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin"):
        pytest.skip("no haproxy is installed")
    policy = challenged.root / "trunkline.yaml"
    policy.write_text(
        policy.read_text(encoding="utf-8").replace("rollout: {", "rollout: {kill_switch: true, "),
        encoding="utf-8",
    )
    challenged = Project(challenged.root)
    stage(challenged, "canary", second, git)
    send_with_worse_truth(challenged)
    deploying.stop(challenged, "production")
    image = BundleStore(tmp_path / "image/bundles")
    carried = [route.bundle for route in read_state(challenged.deployment("production")).routes]
    for bundle in carried:
        image.add(challenged.bundles.get(bundle).folder)
    with fake_image(engine, registry, tmp_path / "image", carried) as name:
        in_containers(challenged, name, engine.program)
        git(challenged.root, "commit", "--quiet", "--all", "--message", "Containers")
        git(challenged.root, "push", "--quiet", "origin", "main")
        deploy(challenged)
        target = deploying.target_of(challenged, "production")
        desired = target.assigned()
        assert desired
        assert desired.strategy == "canary"
        # As in a fresh clone: since when the stage lasts, and that the switch was thrown, is known where it serves.
        deploying.history_file(challenged, "production").unlink()
        first = advancing.advance(challenged, "production", progress=say)
        assert first.pull_request, first.said
        assert "rollback" in first.pull_request.labels
        serves = target.observe()
        assert serves
        assert (serves.strategy, serves.challenger, serves.champion) == ("single", None, desired.champion)
        assert read_state(challenged.deployment("production")).challenger
        deploying.history_file(challenged, "production").unlink()
        assert deploying.plan_deployment(challenged, "production").steps == ()
        merge(challenged, first.pull_request.number, git)
        deploy(challenged)
        assert deploying.switched_off(challenged, "production", desired) is None
        deploying.stop(challenged, "production")


def test_a_canary_that_is_worse_goes_back_by_a_pull_request(
    challenged: Project, second: Version, git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = read_state(challenged.deployment("production"))
    stage(challenged, "canary", second, git)
    send_with_worse_truth(challenged)
    first = advancing.advance(challenged, "production", progress=say)
    assert first.pull_request, first.said
    assert first.pull_request.title == "Roll back production: version 1 answers alone again"
    assert {"trunkline", "rollback"} <= set(first.pull_request.labels)
    assert "| Is it as good as the champion? | **no** |" in first.pull_request.body
    again = advancing.advance(challenged, "production", progress=say)
    assert again.pull_request
    assert again.pull_request.number == first.pull_request.number
    assert len(open_forge(challenged).pull_requests(state="open")) == 1
    with monkeypatch.context() as there:
        assert nothing_to_see(elsewhere(challenged, tmp_path / "blind"), "production")
        there.delenv("GITHUB_ACTIONS", raising=False)
        there.setenv("TRUNKLINE_LOG_STORE", shipped(challenged, tmp_path))
        far = advancing.advance(elsewhere(challenged, tmp_path / "far"), "production", progress=say)
        assert far.pull_request, far.said
        assert far.pull_request.number == first.pull_request.number
        for runner in ("one", "two"):
            here = elsewhere(challenged, tmp_path / runner)
            signals = {each.monitor: each for each in watching.watch(here, "production", progress=say)}
            assert signals["performance"].rows
            assert "was not read" in signals["log"].summary
            assert signals["infrastructure"].unjudged == ("service",)
            times = {each.time for each in earlier_signals(here, "production")}
            with pytest.raises(UnavailableError, match="from here"):
                drifting.drift(here, "production", datetime.now(UTC) + timedelta(hours=2))
        assert len(times) == 2, "the second runner does not know what the first one saw"
    merge(challenged, first.pull_request.number, git)
    assert read_state(challenged.deployment("production")) == before
    assert (
        "does not serve what is merged yet" in advancing.advance(challenged, "production", progress=say).said
    )
    deploy(challenged)
    assert "answers alone" in advancing.advance(challenged, "production", progress=say).said


@pytest.mark.parametrize("verb", ["monitor", "rollout"])
def test_a_schedule_with_nothing_to_see_is_green_and_says_what_would_switch_it_on(
    project: Project, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--project", str(project.root), verb]
    assert run([*where, "--scheduled"]) == 0
    assert "trunkline deploy production" in capsys.readouterr().out
    assert run(where) == NotFoundError.exit_code


def test_a_scheduled_retraining_before_the_first_release_is_green(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--project", str(project.root), "retrain", "--scheduled"]) == 0
    assert "serves no version yet" in capsys.readouterr().out


def test_only_the_environment_of_the_rollout_is_advanced(project: Project) -> None:
    with pytest.raises(PolicyError, match="moves the versions of production"):
        advancing.advance(project, "staging", progress=say)


def test_a_forge_without_workflows_has_no_schedules(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["--project", str(project.root), "ci", "heartbeat"]) == 0
    assert "runs no workflows" in capsys.readouterr().out


def test_one_command_knows_since_when_a_workflow_is_there(project: Project, git: Git, tmp_path: Path) -> None:
    from trunkline.loop.life.heartbeat import added

    assert added(project) == {}
    file = project.root / ".github/workflows/monitor.yml"
    file.parent.mkdir(parents=True)
    file.write_text("on: schedule\n", encoding="utf-8")
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", "Watch")
    (moment,) = added(project).values()
    assert moment.isoformat() == git(project.root, "log", "-1", "--format=%cI").replace("Z", "+00:00")
    git(tmp_path, "clone", "--quiet", "--depth", "1", f"file://{project.root}", "shallow")
    assert added(Project(tmp_path / "shallow")) == {}
