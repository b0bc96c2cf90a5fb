"""A retraining beside a challenger: it waits for the outcome, unless both are to be silent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from trunkline.cli.main import run
from trunkline.core.errors import GateFailed, PolicyError
from trunkline.core.line_log import append as append_records
from trunkline.core.project import Project
from trunkline.core.release import Route
from trunkline.delivery import next_state, read_state, write_state
from trunkline.forge import open_forge
from trunkline.loop.life import handover, retraining
from trunkline.loop.life.refusals import ANSWERS, NothingNew, RetrainingWaits
from trunkline.loop.model import snapshots
from trunkline.loop.release import releasing
from trunkline.loop.rollout.promoting import propose_next_stage
from trunkline.loop.versions import bundles
from trunkline.predictions import GroundTruth, Prediction

Git = Callable[..., str]
ONE, TWO = (Route(version=number, bundle=f"sha256:{str(number) * 64}") for number in (1, 2))


def say(_: str) -> None:
    """Keep quiet."""


def push(project: Project, git: Git, message: str) -> Project:
    """Commit everything on main, push it, and return the project as it is then."""
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", message)
    git(project.root, "push", "--quiet", "origin", "main")
    return Project(project.root)


def desire(project: Project, stage: str, route: Route) -> None:
    """Write the desired state in which a version has a stage."""
    path = project.deployment("production")
    write_state(path, next_state(read_state(path), stage, challenger=route, share=0.2))


def retrain_at(project: Project, stage: str) -> None:
    """Let retrained versions start at a stage."""
    path = project.root / "trunkline.yaml"
    text = path.read_text(encoding="utf-8")
    assert "retraining: {rows: 700}" in text
    path.write_text(
        text.replace("retraining: {rows: 700}", f"retraining: {{rows: 700, stage: {stage}}}"),
        encoding="utf-8",
    )


def serve_the_first(project: Project, git: Git) -> Project:
    """Register the first version and let main desire it."""
    snapshots.snapshot(project, progress=say)
    project = push(project, git, "Lock the data")
    version = releasing.register(project, progress=say).version
    desire(project, "single", Route(version=1, bundle=version.bundle))
    return push(project, git, "Version 1")


def more_rows(project: Project) -> None:
    """Let the project's source give 200 rows more than it did."""
    path = project.root / "src/loans/data.py"
    text = path.read_text(encoding="utf-8")
    assert "rows=1200" in text
    # Drawn apart, so that the rows that were there stay as they were.
    path.write_text(
        text.replace("def load(", "def draw(")
        + "\n\ndef load():\n"
        + "    later = draw(200, seed=4)\n"
        + "    later[['case', 'month']] += [1200, 12]\n"
        + "    return pd.concat([draw(), later], ignore_index=True)\n",
        encoding="utf-8",
    )


@pytest.mark.parametrize(
    ("challenger", "stage"), [("silent", "single"), ("canary", "single"), ("canary", "silent")]
)
def test_a_retraining_waits_before_anything_is_trained(
    project: Project, git: Git, challenger: str, stage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    desire(project, "single", ONE)
    desire(project, challenger, TWO)
    retrain_at(project, stage)
    project = push(project, git, "A challenger")
    with pytest.raises(RetrainingWaits, match=f"Version 2 is being judged \\({challenger}\\)") as caught:
        retraining.retrain(project, "production", reason="it fell", progress=say)
    assert "rollout.yml opens it" in caught.value.next_step
    words = ["--project", str(project.root), "retrain", "production"]
    assert run([*words, "--scheduled"]) == 0
    assert "retraining:    came to nothing: Version 2 is being judged" in capsys.readouterr().out
    assert run(words) == PolicyError.exit_code
    assert not project.snapshots.exists()
    assert bundles.registry_of(project).digests() == frozenset()
    assert open_forge(project).pull_requests() == ()


def test_what_main_desires_counts_and_not_what_is_checked_out(project: Project, git: Git) -> None:
    desire(project, "single", ONE)
    push(project, git, "Version 1")
    desire(project, "canary", TWO)
    project = push(project, git, "A challenger")
    git(project.root, "reset", "--quiet", "--hard", "HEAD~1")
    with pytest.raises(RetrainingWaits):
        retraining.retrain(project, "production", reason="it fell", progress=say)


def test_a_silent_retraining_takes_the_place_of_a_silent_challenger(project: Project, git: Git) -> None:
    retrain_at(project, "silent")
    project = serve_the_first(project, git)
    more_rows(project)
    desire(project, "silent", TWO)
    project = push(project, git, "A challenger")
    pull = retraining.retrain(project, "production", reason="it fell", progress=say)
    assert "Version 1 goes on answering; version 3 sees every request" in pull.body
    assert len(bundles.registry_of(project).digests()) == 2


def test_a_retraining_needs_rows_that_the_champion_does_not_know_and_takes_no_for_an_answer(
    project: Project, git: Git, capsys: pytest.CaptureFixture[str]
) -> None:
    project = serve_the_first(project, git)
    with pytest.raises(NothingNew, match="Version 1 knows all but 0 of these rows") as caught:
        retraining.retrain(project, "production", reason="weekly", progress=say)
    assert isinstance(caught.value, ANSWERS)
    more_rows(project)
    project = push(project, git, "More rows")
    pull = retraining.retrain(project, "production", reason="weekly", progress=say)
    assert pull.title == "Retrain: version 2 from 700 labelled rows"
    open_forge(project).close_pull_request(pull.number)
    words = ["--project", str(project.root), "retrain", "production", "--scheduled"]
    assert run(words) == 0
    said = f"came to nothing: #{pull.number} proposed this very model, and was closed"
    assert said in capsys.readouterr().out
    assert len(bundles.registry_of(project).digests()) == 2


def test_what_people_reverted_is_proposed_neither_by_a_retraining_nor_by_a_release(
    project: Project, git: Git
) -> None:
    project = serve_the_first(project, git)
    more_rows(project)
    project = push(project, git, "More rows")
    pull = retraining.retrain(project, "production", reason="weekly", progress=say)
    open_forge(project).merge(pull.number)
    git(project.root, "pull", "--quiet", "origin", "main")
    git(project.root, "revert", "--no-edit", "-m", "1", "HEAD")
    git(project.root, "push", "--quiet", "origin", "main")
    commit = git(project.root, "rev-parse", "HEAD")[:12]
    project = Project(project.root)
    with pytest.raises(NothingNew, match=f"Version 2, .*{commit}.* knows all but 0"):
        retraining.retrain(project, "production", reason="weekly", progress=say)

    git(project.root, "revert", "--no-edit", "HEAD")
    state = project.deployment("production")
    state.write_text(
        git(project.root, "show", f"HEAD~1:{state.relative_to(project.root)}") + "\n", encoding="utf-8"
    )
    git(project.root, "rm", "-r", "--quiet", "model_cards/v0002")
    project = push(project, git, "The rows again, and not the version")
    released = releasing.release(project, progress=say)
    assert released.pull_request is None
    assert git(project.root, "rev-parse", "HEAD")[:12] in released.settled
    assert "trunkline promote --stage single --version 2" in released.settled
    again = propose_next_stage(project, "single", number=2, progress=say)
    assert git(project.root, "ls-tree", "-r", "--name-only", again.branch, "model_cards/v0002/version.json")


def richer(project: Project) -> None:
    """Let the newest rows of the project's source have four times the income; whoever had it, repays as before."""
    path = project.root / "src/loans/data.py"
    path.write_text(
        path.read_text(encoding="utf-8").replace("def load(", "def draw(")
        + "\n\ndef load():\n"
        + "    later = draw(800, seed=4)\n"
        + "    later[['case', 'month']] += [1200, 12]\n"
        + "    later['income'] = (later['income'] + 200).clip(0, 500)\n"
        + "    return pd.concat([draw(), later], ignore_index=True)\n",
        encoding="utf-8",
    )


def ask(project: Project, rows: int, income: float) -> None:
    """Log answers to requests of so much more income, and what came of them."""
    draw = np.random.default_rng(5)
    for number in range(rows):
        now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
        asked = {"income": float(draw.gamma(4.0, 25.0)) + income, "region": "north", "sex": "f", "month": 30}
        answer = Prediction(
            id=f"{income:.0f}-{number}",
            time=now,
            environment="production",
            revision="r",
            version=1,
            bundle=ONE.bundle,
            arm="champion",
            inputs=asked,
            outputs={"prediction": "yes", "probabilities": {"no": 0.2, "yes": 0.8}},
            latency_ms=1.0,
        )
        append_records(project.predictions("production") / "1.jsonl", [answer])
        truth = GroundTruth(prediction=answer.id, value=["yes", "no"][number % 2], time=now)
        append_records(project.truth("production"), [truth])


def test_drift_that_traffic_shows_is_followed_and_drift_of_the_source_alone_is_refused_and_told(
    project: Project, git: Git
) -> None:
    policy = project.root / "trunkline.yaml"
    text = policy.read_text(encoding="utf-8").replace(
        "{kind: data, do: [issue]}", "{kind: data, do: [issue, retrain]}"
    )
    # Where what came of the requests is a coin, none of this is about how good the model is.
    text = text.replace("floors: {roc_auc: 0.6}", "floors: {}, baseline: false, undecided: report, margin: 1")
    policy.write_text(text, encoding="utf-8")
    project = serve_the_first(Project(project.root), git)
    richer(project)
    project = push(project, git, "Richer")
    forge = open_forge(project)
    issue = forge.open_issue(fingerprint="production/data", title="Drift", body="income", labels=())
    with pytest.raises(GateFailed, match="data/jumps"):
        handover.retrain_and_tell(project, "production", reason="drift", progress=say)
    (told,) = forge.issue(issue.number).comments
    assert "`data/jumps` fail: Moved by more than 1 width" in told.body

    ask(project, 200, income=200.0)
    pull = handover.retrain_and_tell(project, "production", reason="drift", progress=say)
    assert "Live traffic moved as well: income (200 answered requests of production)" in pull.body
    assert f"Retrained: #{pull.number}" in forge.issue(issue.number).comments[-1].body
    assert '"follows"' in git(project.root, "show", f"origin/{pull.branch}:data.lock")


def test_waiting_is_an_answer_and_turns_no_schedule_red() -> None:
    assert RetrainingWaits in ANSWERS
    assert not issubclass(RetrainingWaits, tuple(set(ANSWERS) - {RetrainingWaits}))
