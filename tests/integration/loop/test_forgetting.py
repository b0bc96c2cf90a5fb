"""Forgetting a user: the verb says what there is, takes it away, and names what learned from it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from trunkline.cli.main import run
from trunkline.core.bundle import BundleManifest
from trunkline.core.errors import StorageError
from trunkline.core.line_log import append
from trunkline.core.lineage import Lineage
from trunkline.core.project import Project
from trunkline.core.record import digits
from trunkline.core.release import Deployment, Release, Route
from trunkline.core.snapshots import Window
from trunkline.data import take_snapshot
from trunkline.loop.life import forgetting
from trunkline.predictions import GroundTruth, Prediction
from trunkline.predictions.ground_truth import read_truth, record_truth
from trunkline.predictions.pseudonym import environment_secret, old_pseudonym, pseudonym
from trunkline.predictions.reader import LogReader
from trunkline.predictions.writer import LogWriter

START = datetime(2026, 1, 1, tzinfo=UTC)
LEARNED, STRANGE = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def answers(project: Project) -> list[Prediction]:
    secret = environment_secret(project.secret("production"), {})
    return [
        Prediction(
            id=f"p{number}", time=START + timedelta(minutes=number), environment="production", revision="r",
            version=1, bundle=LEARNED, arm="champion", latency_ms=1.0, outputs={"prediction": "yes"},
            inputs={"income": 50.0 + number, "region": "north", "sex": "f", "month": 30},
            user=pseudonym(secret, f"case-{number % 30}"),
        )
        for number in range(60)
    ]  # fmt: skip


def put_bundle(project: Project, digest: str, snapshot: str) -> None:
    lineage = Lineage(
        commit="c" * 40, snapshot=snapshot, training_key="k", code="c", policy="p", lock="l", toolkit="0",
        candidate="logistic", settings={},
    )  # fmt: skip
    manifest = BundleManifest(name="loans", runtime="onnx", model="m", figures=(), lineage=lineage, files={})
    manifest.write(project.bundles.path(digest) / "bundle.json")


def test_a_user_is_found_and_forgotten_and_what_learned_from_them_is_named(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    log = LogWriter(project.predictions("production"))
    log.append(answers(project))
    log.close()
    told = [
        GroundTruth(prediction=f"p{number}", value=["yes", "no"][number % 2], time=START)
        for number in range(60)
    ]
    record_truth(project.truth("production"), told)
    own, with_traffic = take_snapshot(project), take_snapshot(project, window=Window(), traffic="production")
    put_bundle(project, LEARNED, with_traffic.digest)
    put_bundle(project, STRANGE, own.digest)

    found = forgetting.look_for(project, "production", "case-7")
    assert found.answers == ("p37", "p7")
    assert found.snapshots == (f"sha256:{digits(with_traffic.digest)}",)
    assert found.bundles == ((0, LEARNED),)
    assert forgetting.look_for(project, "production", "case-99").answers == ()

    words = ["--project", str(project.root), "forget", "case-7", "--environment", "production"]
    for more, left in (([], 60), (["--apply"], 58), (["--apply"], 58)):
        assert run([*words, *more]) == 0
        assert len(LogReader(project.predictions("production")).between().predictions) == left
        assert len(read_truth(project.truth("production"))) == left
    assert LEARNED in capsys.readouterr().out


def test_nobody_is_said_to_be_forgotten_where_the_secret_is_missing(project: Project) -> None:
    log = LogWriter(project.predictions("production"))
    log.append(answers(project)[:3])
    log.close()
    project.secret("production").unlink()
    with pytest.raises(StorageError):
        forgetting.look_for(project, "production", "case-1")


def test_names_that_earlier_versions_gave_are_looked_for_too(project: Project) -> None:
    release = Release(
        environment="production", revision="r", strategy="single", champion=Route(version=1, bundle=LEARNED), salt="s"
    )  # fmt: skip
    made = Deployment(
        time=START, environment="production", revision="r", plan="p", release=release, outcome="applied"
    )
    append(project.live("production") / "history.jsonl", [made])
    assert forgetting.names_of(project, "production", "case-7") == (old_pseudonym("s", "case-7"),)
