"""Life after the release, with a real service: traffic, trouble, what follows from it, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from trunkline.core.errors import (
    DataError,
    ForgeError,
    NotFoundError,
    PolicyError,
    StalePlanError,
    UnavailableError,
)
from trunkline.core.line_log import append
from trunkline.core.plugins import OURS
from trunkline.core.project import Project
from trunkline.core.signals import Signal
from trunkline.delivery import LocalTarget
from trunkline.forge import Forge, open_forge
from trunkline.loop.gates import reviewing
from trunkline.loop.life import handover, retraining, tracing, traffic, watching
from trunkline.loop.life import truth as truth_module
from trunkline.loop.life.last_watch import require_signals
from trunkline.loop.life.page import render_page
from trunkline.loop.model import checking, snapshots
from trunkline.loop.release import releasing
from trunkline.loop.rollout import advancing, deploying, promoting
from trunkline.predictions import GroundTruth

from .conftest import copied, make_project

Git = Callable[..., str]


def say(_: str) -> None:
    """Keep quiet."""


@pytest.fixture(scope="module")
def released(quick: None, tmp_path_factory: pytest.TempPathFactory, git: Git) -> Project:
    """A project whose first version is released and serves nowhere yet; tests get copies."""
    project = make_project(tmp_path_factory.mktemp("released") / "loans")
    git(project.root, "switch", "--quiet", "-c", "model/first")
    snapshots.snapshot(project, progress=say)
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", "First model")
    merge(project, reviewing.review(project, progress=say).pull_request.number, git)
    first = releasing.release(project, progress=say)
    assert first.pull_request
    merge(project, first.pull_request.number, git)
    return project


@pytest.fixture
def live(released: Project, tmp_path: Path) -> Iterator[Project]:
    """A project whose first version serves."""
    project = copied(released, tmp_path / "loans")
    deploy(project)
    yield project
    deploying.stop(project, "production")


def merge(project: Project, number: int, git: Git) -> None:
    """Merge a pull request and check main out."""
    open_forge(project).merge(number)
    git(project.root, "switch", "--quiet", "main")
    git(project.root, "pull", "--quiet", "--ff-only", "origin", "main")


def deploy(project: Project) -> None:
    """Plan and apply."""
    made = deploying.plan_deployment(project, "production")
    deploying.apply_deployment(project, "production", reviewed=made.checksum, progress=say)


def rows_of(project: Project, **changes: Any) -> list[dict[str, Any]]:
    """Return the project's rows as requests carry them, with some columns changed."""
    frame = project.plug("data", "load")()
    return [row | changes for row in frame.to_dict("records")]


def send(project: Project, rows: list[dict[str, Any]]) -> traffic.Sent:
    """Send rows to the service."""
    contract = deploying.serving_contract(project, "production")
    return traffic.send(rows, contract, deploying.target_of(project, "production").address(), progress=say)


def by_kind(signals: tuple[Signal, ...]) -> dict[str, Signal]:
    """Return signals by their kind."""
    return {signal.monitor: signal for signal in signals}


def open_issues(forge: Forge) -> list[str]:
    """Return the fingerprints of the open issues."""
    return [issue.fingerprint for issue in forge.issues(state="open")]


def test_healthy_traffic_is_quiet_and_every_answer_can_be_traced(live: Project) -> None:
    sent = send(live, rows_of(live)[:250])
    assert (sent.answered, sent.refused, sent.failed) == (250, 0, 0)
    append(live.truth("production"), sent.truths)
    signals = watching.watch(live, "production", progress=say)
    states = {signal.monitor: signal.state for signal in signals}
    # 250 outcomes may be too few to exclude a fall by the margin.
    assert states.pop("performance") in ("quiet", "inconclusive")
    # Nothing came before the first version, its answers and its training.
    assert {states.pop("resources"), states.pop("training")} == {"inconclusive"}
    assert states == dict.fromkeys(("data", "infrastructure", "log"), "quiet")
    assert watching.respond(live, "production", signals, progress=say).done == ()
    chain = {step.name: step for step in tracing.trace(live, sent.truths[7].prediction)}
    assert chain["ground truth"].identity == str(sent.truths[7].value)
    assert chain["version"].identity == "1"
    assert "pull request #2" in chain["deployment"].detail
    assert "pull request #1" in chain["commit"].detail
    assert "train 660, validation 240, test 300" in chain["snapshot"].detail


def test_one_trouble_is_one_issue_however_often_it_is_looked_at(live: Project) -> None:
    forge = open_forge(live)
    broken = [
        row | {"income": row["income"] / 12, "region": "east" if row["case"] % 4 == 0 else row["region"]}
        for row in rows_of(live)[:250]
    ]
    sent = send(live, broken)
    assert sent.refused == 63
    for _ in range(2):
        signals = watching.watch(live, "production", progress=say)
        watching.respond(live, "production", signals, progress=say)
        assert open_issues(forge) == ["production/data"]
    subjects = {finding.subject for finding in by_kind(signals)["data"].findings}
    assert {"income", "region"} <= subjects
    send(live, rows_of(live)[:260])
    watching.respond(live, "production", watching.watch(live, "production", progress=say), progress=say)
    assert open_issues(forge) == []
    assert len(forge.issues()) == 1


def test_a_strangers_monitor_looks_with_the_others_and_policy_answers_it(live: Project, toys: None) -> None:
    policy = live.root / "trunkline.yaml"
    text = policy.read_text(encoding="utf-8").replace("100}", "20, one-answer: {share: 0.8}}")
    policy.write_text(f"{text}plugins: [trunkline-toys]\n", encoding="utf-8")
    (live.locks / "dev.txt").write_text("scikit-learn==1.9.1\n", encoding="utf-8")
    with pytest.raises(PolicyError) as refused:
        watching.watch(Project(live.root), "production", progress=say)
    assert refused.value.value == "trunkline-toys"
    (live.locks / "dev.txt").write_text("trunkline-toys==1.0\n", encoding="utf-8")
    send(live, [row | {"income": 400.0} for row in rows_of(live)[:40]])
    project = Project(live.root)
    checking.check_edited(project)
    signals = watching.watch(project, "production", progress=say)
    assert [signal.monitor for signal in signals] == [*OURS["monitors"], "one-answer"]
    assert signals[-1].state == "alarm"
    watching.respond(project, "production", signals, progress=say)
    assert "production/one-answer" in open_issues(open_forge(project))
    assert "<td>one-answer</td>" in render_page(project, "production")
    policy.write_text(
        policy.read_text(encoding="utf-8").replace(
            "{kind: data, do: [issue]}", "{kind: data, do: [issue, retrain]}"
        ),
        encoding="utf-8",
    )
    asking = handover.troubles(Project(live.root), "production")
    assert "production/one-answer" in {issue.fingerprint for issue in asking}


def test_a_fall_in_quality_brings_a_retraining_whose_merge_puts_it_live(live: Project, git: Git) -> None:
    forge = open_forge(live)
    later = rows_of(live, month=20)[:800]
    turned = [
        row | {"repaid": "no" if (row["income"] > 80) == (row["case"] % 5 > 0) else "yes"} for row in later
    ]
    append(live.truth("production"), send(live, turned).truths)
    signals = watching.watch(live, "production", progress=say)
    assert by_kind(signals)["performance"].state == "alarm"
    responded = watching.respond(live, "production", signals, progress=say)
    assert responded.retraining
    assert "The challenger is better" in responded.retraining.body
    assert watching.respond(live, "production", signals, progress=say).retraining is None
    merge(live, responded.retraining.number, git)
    deploy(live)
    with pytest.raises(DataError, match="Version 2 knows all but 0 of these rows"):
        retraining.retrain(live, "production", reason="again", progress=say)
    release = deploying.target_of(live, "production").observe()
    assert release
    assert release.champion.version == 2
    assert (live.cards / "v0002/README.md").is_file()
    assert data_lock_sources(live) == {"source": 0, "traffic": 700}
    (issue,) = forge.issues(state="open", fingerprint="production/performance")
    told = [comment.body for comment in issue.comments]
    assert f"Retrained: #{responded.retraining.number} {responded.retraining.title}" in told


def data_lock_sources(project: Project) -> dict[str, int]:
    """Return where the rows of the locked snapshot come from."""
    from trunkline.data import read_lock

    return read_lock(project).sources


def test_a_retraining_that_the_gates_refuse_is_told_on_the_issue(live: Project) -> None:
    noise = [row | {"repaid": "yes" if row["case"] % 2 else "no"} for row in rows_of(live, month=20)[:800]]
    append(live.truth("production"), send(live, noise).truths)
    signals = watching.watch(live, "production", progress=say)
    responded = watching.respond(live, "production", signals, progress=say)
    assert responded.retraining is None
    assert responded.exit_code == 3
    forge = open_forge(live)
    assert forge.pull_requests(state="open") == ()
    (issue,) = forge.issues(state="open")
    assert "A retraining came to nothing. The gates said no: " in issue.comments[-1].body


def test_what_a_client_sends_cannot_break_the_responses(live: Project) -> None:
    strange = [
        row | {"bad\u2028x [/red]": "\u2029"} if row["case"] % 2 else row for row in rows_of(live)[:200]
    ]
    assert send(live, strange).refused == 100
    signals = watching.watch(live, "production", progress=say)
    assert require_signals(live, "production") == signals
    watching.respond(live, "production", signals, progress=say)
    assert open_issues(open_forge(live)) == ["production/data"]


def test_only_the_environment_of_the_rollout_is_retrained(live: Project) -> None:
    with pytest.raises(PolicyError, match="Retraining changes production"):
        retraining.retrain(live, "staging", reason="a typo", progress=say)


def test_a_report_is_about_the_commit_and_not_about_the_desk(live: Project, git: Git) -> None:
    git(live.root, "switch", "--quiet", "-c", "model/other")
    git(live.root, "commit", "--quiet", "--allow-empty", "--message", "Nothing")
    (live.root / "src/loans/model.py").write_text("# half an idea\n", encoding="utf-8")
    with pytest.raises(ForgeError, match="in no commit"):
        reviewing.review(live, progress=say)


def test_a_pull_request_keeps_the_words_that_a_person_gave_it(live: Project, git: Git) -> None:
    git(live.root, "switch", "--quiet", "-c", "model/other")
    git(live.root, "commit", "--quiet", "--allow-empty", "--message", "Nothing")
    opened = reviewing.open_pull_request(live, title="My title", body="My words")
    again = reviewing.open_pull_request(live)
    assert (again.number, again.title, again.body) == (opened.number, "My title", "My words")


def test_ground_truth_goes_on_after_a_line_that_was_never_finished(live: Project) -> None:
    sent = send(live, rows_of(live)[:4])
    path = live.truth("production")
    append(path, sent.truths[:2])
    path.write_bytes(path.read_bytes()[:-10])
    append(path, sent.truths[2:])
    kept = [truth.prediction for truth in GroundTruth.read_lines(path)]
    assert kept == [sent.truths[index].prediction for index in (0, 2, 3)]


def test_a_retraining_that_a_person_closed_is_not_proposed_again(live: Project) -> None:
    later = rows_of(live, month=20)[:800]
    turned = [
        row | {"repaid": "no" if (row["income"] > 80) == (row["case"] % 5 > 0) else "yes"} for row in later
    ]
    append(live.truth("production"), send(live, turned).truths)
    signals = watching.watch(live, "production", progress=say)
    first = watching.respond(live, "production", signals, progress=say)
    assert first.retraining
    open_forge(live).close_pull_request(first.retraining.number, comment="Not now.")
    assert watching.respond(live, "production", signals, progress=say).retraining is None


def test_a_service_that_died_is_an_alarm_and_deploy_starts_it_again(live: Project) -> None:
    target = deploying.target_of(live, "production")
    assert isinstance(target, LocalTarget)
    service = target.service()
    assert service
    process = service.process()
    assert process
    process.kill()
    process.wait(10)
    signals = by_kind(watching.watch(live, "production", progress=say))
    assert (signals["infrastructure"].state, signals["infrastructure"].severity) == ("alarm", "critical")
    deploy(live)
    assert target.check().ready


def test_a_plan_that_nobody_reviewed_is_not_applied(live: Project, git: Git) -> None:
    reviewed = deploying.plan_deployment(live, "production").checksum
    path = live.deployment("production")
    path.write_text(
        path.read_text(encoding="utf-8").split("champion")[0].replace("single", "none"), encoding="utf-8"
    )
    with pytest.raises(ForgeError, match=r"deployments/production\.yaml is not what origin/main holds"):
        deploying.apply_deployment(live, "production", reviewed=reviewed, progress=say)
    git(live.root, "commit", "--quiet", "--all", "--message", "Nobody serves")
    git(live.root, "push", "--quiet", "origin", "main")
    with pytest.raises(StalePlanError):
        deploying.apply_deployment(live, "production", reviewed=reviewed, progress=say)
    assert deploying.target_of(live, "production").check().ready


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("dirty", "in no commit"),
        ("branch", "is not part of origin/main"),
        ("behind", "has a newer change of the model"),
    ],
)
def test_only_the_merged_main_is_released(live: Project, git: Git, where: str, words: str) -> None:
    model = live.root / "src/loans/model.py"
    if where != "branch":
        model.write_text(model.read_text(encoding="utf-8") + "# another\n", encoding="utf-8")
    if where != "dirty":
        git(live.root, "commit", "--quiet", "--all", "--allow-empty", "--message", "Another")
    if where == "behind":
        git(live.root, "push", "--quiet", "origin", "main")
        git(live.root, "reset", "--quiet", "--hard", "HEAD~1")
    with pytest.raises(ForgeError, match=words):
        releasing.release(live, progress=say)


def test_a_release_that_is_run_again_after_its_promotion_was_merged_proposes_nothing(
    live: Project, git: Git
) -> None:
    before = len(open_forge(live).pull_requests())
    git(live.root, "reset", "--quiet", "--hard", "HEAD~1")
    again = releasing.release(live, progress=say)
    assert (again.pull_request, again.version.number) == (None, 1)
    assert len(open_forge(live).pull_requests()) == before


def test_the_same_release_twice_proposes_nothing_the_second_time(live: Project) -> None:
    again = releasing.release(live, progress=say)
    assert again.pull_request is None
    assert again.version.number == 1


def test_a_revert_of_the_merge_brings_the_old_version_back(live: Project, git: Git) -> None:
    model = live.root / "src/loans/model.py"
    git(live.root, "switch", "--quiet", "-c", "model/second")
    model.write_text(model.read_text(encoding="utf-8").replace("[0.1, 1.0]", "[10.0]"), encoding="utf-8")
    git(live.root, "commit", "--quiet", "--all", "--message", "Second model")
    merge(live, reviewing.review(Project(live.root), progress=say).pull_request.number, git)
    released = releasing.release(Project(live.root), progress=say)
    assert released.version.number == 2
    assert released.pull_request is not None
    merge(live, released.pull_request.number, git)
    merge(live, promoting.propose_next_stage(live, "single", number=2, progress=say).number, git)
    deploy(live)
    assert served(live) == 2
    git(live.root, "switch", "--quiet", "-c", "revert")
    git(live.root, "revert", "--no-edit", "-m", "1", "HEAD")
    merge(live, reviewing.open_pull_request(live).number, git)
    deploy(live)
    assert served(live) == 1


def served(project: Project) -> int:
    """Return the version that answers a request."""
    import httpx

    row = rows_of(project)[0]
    row.pop("repaid")
    reply = httpx.post(deploying.target_of(project, "production").address() + "/predict", json=row)
    return int(reply.json()["version"])


def test_nothing_serves_and_everything_says_so(project: Project, tmp_path: Path) -> None:
    for look in (
        lambda: watching.watch(project, "production", progress=say),
        lambda: deploying.serving_contract(project, "production"),
        lambda: advancing.advance(project, "production", progress=say),
    ):
        with pytest.raises(NotFoundError, match="Nothing serves production") as caught:
            look()
        # Deploying a desired state without a version starts nothing.
        assert caught.value.next_step.startswith("merge a promotion first")
    with pytest.raises(NotFoundError, match="No prediction log has the id"):
        tracing.trace(project, "abc")
    with pytest.raises(NotFoundError, match="names no version yet"):
        promoting.propose_next_stage(project, "single", progress=say)
    with pytest.raises(NotFoundError, match="never monitored"):
        require_signals(project, "production")


def test_a_service_that_does_not_answer_is_said_before_anything_is_sent(project: Project) -> None:
    from trunkline.data import project_contract

    with pytest.raises(UnavailableError, match="No service answers at"):
        traffic.send([{"income": 1.0}], project_contract(project), "http://127.0.0.1:9", progress=say)


def test_an_outcome_that_breaks_the_contract_is_named_with_its_line(project: Project, tmp_path: Path) -> None:
    from datetime import UTC, datetime

    from trunkline.data import project_contract

    now = datetime(2026, 1, 1, tzinfo=UTC)
    path = tmp_path / "truth.jsonl"
    append(path, tuple(GroundTruth(prediction="a", value=said, time=now) for said in ("yes", "maybe")))
    with pytest.raises(DataError, match=r"line 2: .*repaid must be one of"):
        truth_module.read_truths(path, project_contract(project))
