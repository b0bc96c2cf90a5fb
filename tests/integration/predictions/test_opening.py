"""An environment's log is asked, tidied and forgotten from wherever its policy keeps it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from trunkline.core.errors import StorageError
from trunkline.core.line_log import append
from trunkline.core.policy.delivery import LogPolicy
from trunkline.core.project import Project
from trunkline.predictions import GroundTruth, Prediction
from trunkline.predictions.ground_truth import read_truth, record_truth
from trunkline.predictions.hourly import TELEMETRY, TRUTH, hourly_name
from trunkline.predictions.opening import (
    forget_user,
    open_log,
    open_telemetry,
    open_truth,
    tell_truth,
    tidy_log,
)
from trunkline.predictions.shipping import Shipper
from trunkline.predictions.stores import open_store
from trunkline.predictions.telemetry import Telemetry
from trunkline.predictions.writer import LogWriter

START = datetime(2026, 1, 1, 10, 0, tzinfo=UTC)
NOW = START + timedelta(days=2)


def answer(number: int) -> Prediction:
    return Prediction(
        id=f"p{number}", time=START + timedelta(minutes=30 * number), environment="production", revision="r",
        version=1, bundle="sha256:b", arm="champion", inputs={}, outputs={"prediction": 1}, latency_ms=1.0,
        user=("ann", "bob")[number % 2],
    )  # fmt: skip


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"file://{tmp_path}/store/{{environment}}"


@pytest.fixture
def project(tmp_path: Path, address: str) -> Project:
    root = tmp_path / "project"
    (root / "deployments").mkdir(parents=True)
    (root / "deployments" / "production.yaml").touch()
    (root / "trunkline.yaml").write_text(
        f"name: loans\npackage: loans\nserving:\n  log: {{store: '{address}', keep_days: 1}}\n",
        encoding="utf-8",
    )
    record_truth(
        Project(root).truth("production"),
        [GroundTruth(prediction=f"p{number}", value=1, time=NOW) for number in range(6)],
    )
    return Project(root)


def fill(folder: Path, address: str) -> tuple[LogWriter, Shipper]:
    """Log three hours, of which the last is open; the store has all but the newest answer."""
    log = LogWriter(folder)
    shipper = Shipper(folder, open_store(address, "production", {}))
    for number in range(5):
        log.append([answer(number)])
    shipper.ship()
    log.append([answer(5)])
    return log, shipper


def asked(project: Project) -> list[str]:
    return [row.id for row in open_log(project, "production").between().predictions]


def test_beside_the_service_every_answer_is_there_at_once(project: Project, address: str) -> None:
    log, _ = fill(project.predictions("production"), address)
    assert asked(project) == [f"p{number}" for number in range(6)]
    log.close()


def test_elsewhere_what_was_shipped_is_there(project: Project, address: str, tmp_path: Path) -> None:
    log, shipper = fill(tmp_path / "elsewhere", address)
    assert asked(project) == [f"p{number}" for number in range(5)]
    log.close()
    shipper.stop()
    assert asked(project) == [f"p{number}" for number in range(6)]


def test_an_environment_that_is_not_deployed_has_no_store(project: Project, address: str) -> None:
    log = LogWriter(project.predictions("preview"))
    log.append([answer(1)])
    log.close()
    assert [row.id for row in open_log(project, "preview").between().predictions] == ["p1"]


def test_tidying_compacts_the_store_and_deletes_what_is_no_longer_kept(
    project: Project, address: str, tmp_path: Path
) -> None:
    log, shipper = fill(tmp_path / "elsewhere", address)
    log.close()
    shipper.stop()
    assert tidy_log(project, "production", START + timedelta(days=1, hours=1)) == 2
    assert asked(project) == ["p2", "p3", "p4", "p5"]
    assert [*read_truth(project.truth("production"))] == ["p2", "p3", "p4", "p5"]
    assert not [*(tmp_path / "store" / "production").glob(f"*.{START:%Y%m%dt%H}*")]


def test_a_user_is_forgotten_in_the_store_and_in_what_is_not_shipped_yet(
    project: Project, address: str, tmp_path: Path
) -> None:
    log, shipper = fill(project.predictions("production"), address)
    assert set(forget_user(project, "production", ["bob"])) == {"p1", "p3", "p5"}
    log.append([answer(4).model_copy(update={"id": "p6"})])
    shipper.ship()
    log.close()
    shipper.stop()
    assert asked(project) == ["p0", "p2", "p4", "p6"]
    assert [*read_truth(project.truth("production"))] == ["p0", "p2", "p4"]
    folders = (tmp_path / "store" / "production", project.predictions("production"))
    assert not any(b"bob" in path.read_bytes() for folder in folders for path in folder.glob("*.jsonl"))


def test_ground_truth_of_any_machine_is_read_from_the_store_and_forgotten_there(
    project: Project, address: str, tmp_path: Path
) -> None:
    log, shipper = fill(tmp_path / "elsewhere", address)
    told = [GroundTruth(prediction=f"p{number}", value=2, time=NOW + timedelta(hours=1)) for number in (0, 1)]
    append(tmp_path / "elsewhere" / hourly_name(NOW, TRUTH), told[:1])
    tell_truth(project, "production", told[1:])
    log.close()
    shipper.stop()
    known = read_truth(open_truth(project, "production"))
    assert {name: record.value for name, record in known.items()} == {"p0": 2, "p1": 2} | dict.fromkeys(
        ("p2", "p3", "p4", "p5"), 1
    )
    labelled = open_log(project, "production").labelled(open_truth(project, "production"))[1]
    assert labelled["p0"][0].value == labelled["p1"][0].value == 2
    assert not [*(tmp_path / "elsewhere").glob("*.truth")], (
        "of an hour that is over nothing is left where it was told"
    )
    forget_user(project, "production", ["bob"])
    assert [*read_truth(open_truth(project, "production"))] == ["p0", "p2", "p4"]
    store = tmp_path / "store" / "production"
    assert not any(b"p1" in path.read_bytes() for path in store.glob("*.truth"))
    tidy_log(project, "production", START + timedelta(days=1, hours=1))
    assert "p0" not in read_truth(open_truth(project, "production"))


def test_telemetry_is_read_where_the_log_is_and_kept_for_some_months(
    project: Project, address: str, tmp_path: Path
) -> None:
    log, shipper = fill(tmp_path / "elsewhere", address)
    for time in (NOW - timedelta(days=100), NOW - timedelta(days=20), NOW, NOW + timedelta(minutes=1)):
        sample = Telemetry(time=time, bundle="b", seconds=60, answers=1, cpu_seconds=1, memory_mb=1)
        append(tmp_path / "elsewhere" / hourly_name(time, TELEMETRY), [sample])
    log.close()
    shipper.stop()
    assert [row.time for row in open_telemetry(project, "production", NOW)] == [
        NOW,
        NOW + timedelta(minutes=1),
    ]
    tidy_log(project, "production", NOW)
    assert len([*(tmp_path / "store" / "production").glob("*.telemetry")]) == 3


def test_a_log_that_can_only_be_read_from_here_is_forgotten_where_it_is_served(
    project: Project, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = project.root / "trunkline.yaml"
    policy.write_text(policy.read_text().replace(address, "https://nobody.invalid/{environment}"))
    project = Project(project.root)
    monkeypatch.setenv("TRUNKLINE_LOG_TOKEN", "t")
    with pytest.raises(StorageError, match="on the machine that serves"):
        forget_user(project, "production", ["bob"])
    with pytest.raises(StorageError, match="feedback"):
        tell_truth(project, "production", [])
    assert len(read_truth(project.truth("production"))) == 6


@pytest.mark.parametrize("wrong", ["s3://bucket", "ftp://host/{environment}", "/folder/{environment}"])
def test_an_address_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="store"):
        LogPolicy(store=wrong)
