from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from mlflow import MlflowClient
from sklearn.pipeline import Pipeline

from trunkline.core.errors import StorageError, UnavailableError
from trunkline.core.figures import Figure
from trunkline.core.lineage import Lineage, Trial
from trunkline.registry import track
from trunkline.training import Fitted

FITTED = Fitted(
    pipeline=Pipeline([("model", "passthrough")]),
    candidate="forest",
    settings={"max_depth": 3, "criterion": "gini", "class_weight": None},
    trials=(
        Trial(candidate="logistic", score=0.7, spread=0.01, settings={"C": 1.0}, seconds=1.5),
        Trial(candidate="forest", score=0.75, spread=0.02, settings={"max_depth": 3}, seconds=2.5),
    ),
    classes=("No", "Yes"),
)
LINEAGE = Lineage(
    commit="abc", snapshot="sha256:1", training_key="sha256:2", code="c", policy="p", lock="l", toolkit="0.1.0",
    candidate="forest", settings={},
)  # fmt: skip
FIGURES = (
    Figure(name="roc_auc", value=0.74, rows=100),
    Figure(name="selection_rate", value=0.5, rows=40, group="age=[18, 25)"),
)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of an embedded store that is not there yet, in a folder that is not there either."""
    return f"sqlite:///{tmp_path_factory.mktemp('store') / 'deep' / 'er' / 'mlflow.db'}"


@pytest.fixture(scope="module")
def run(store: str) -> str:
    """A tracked run."""
    return track(store, "arrests", FITTED, LINEAGE, FIGURES, "sha256:bundle")


def read(store: str, run: str) -> Any:
    return MlflowClient(tracking_uri=store).get_run(run)


def test_a_run_holds_settings_figures_and_where_it_comes_from(store: str, run: str) -> None:
    found = read(store, run)
    assert found.info.status == "FINISHED"
    assert found.data.params == {
        "candidate": "forest",
        "max_depth": "3",
        "criterion": "gini",
        "class_weight": "null",
    }
    assert found.data.metrics == {
        "roc_auc": 0.74,
        "age._18_ 25_.selection_rate": 0.5,
        "search.score": 0.75,
        "search.logistic.score": 0.7,
        "search.forest.score": 0.75,
    }
    tags = {name: value for name, value in found.data.tags.items() if name.startswith("trunkline.")}
    assert tags == {
        "trunkline.commit": "abc",
        "trunkline.snapshot": "sha256:1",
        "trunkline.training_key": "sha256:2",
        "trunkline.toolkit": "0.1.0",
        "trunkline.bundle": "sha256:bundle",
    }


def test_trials_are_a_table_beside_the_store(store: str, run: str) -> None:
    folder = Path(store.removeprefix("sqlite:///")).parent / "mlartifacts"
    (table,) = folder.rglob("trials.json")
    assert run in table.parts
    value = json.loads(table.read_text())
    rows = [dict(zip(value["columns"], row, strict=True)) for row in value["data"]]
    assert [(row["candidate"], row["score"]) for row in rows] == [("logistic", 0.7), ("forest", 0.75)]


def test_the_same_bundle_gives_the_same_run_and_another_one_another(store: str, run: str) -> None:
    assert track(store, "arrests", FITTED, LINEAGE, FIGURES, "sha256:bundle") == run
    assert track(store, "arrests", FITTED, LINEAGE, FIGURES, "sha256:other") != run


def test_the_experiment_is_the_model_s_name_and_can_come_back(store: str, run: str) -> None:
    client = MlflowClient(tracking_uri=store)
    experiment = client.get_experiment_by_name("arrests")
    assert experiment is not None
    assert read(store, run).info.experiment_id == experiment.experiment_id
    client.delete_experiment(experiment.experiment_id)
    track(store, "arrests", FITTED, LINEAGE, FIGURES, "sha256:third")
    assert client.get_experiment(experiment.experiment_id).lifecycle_stage == "active"


def test_tracking_says_nothing(store: str, run: str, capfd: pytest.CaptureFixture[str]) -> None:
    track(store, "quiet", FITTED, LINEAGE, FIGURES, "sha256:bundle")
    assert capfd.readouterr() == ("", "")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match="Cannot write"):
        track(f"sqlite:///{tmp_path}/file/mlflow.db", "arrests", FITTED, LINEAGE, FIGURES, "sha256:bundle")


def test_a_file_that_is_no_store_is_named(tmp_path: Path) -> None:
    (tmp_path / "mlflow.db").write_text("not a database, " * 100)
    with pytest.raises(StorageError, match=r"mlflow\.db"):
        track(f"sqlite:///{tmp_path}/mlflow.db", "arrests", FITTED, LINEAGE, FIGURES, "sha256:bundle")


def test_a_server_that_is_not_there_is_told_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        uri = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(UnavailableError, match=r"127\.0\.0\.1:.* does not answer"):
            track(uri, "arrests", FITTED, LINEAGE, FIGURES, "sha256:bundle")


class Refusing(BaseHTTPRequestHandler):
    """A server that lets nobody in."""

    def do_GET(self) -> None:
        self.send_response(403)
        self.end_headers()
        self.wfile.write(b"not you")

    do_POST = do_GET  # noqa: N815

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def refusing() -> Iterator[str]:
    """The address of a server that refuses."""
    server = HTTPServer(("127.0.0.1", 0), Refusing)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_server_that_refuses_is_told_with_its_words(refusing: str) -> None:
    with pytest.raises(UnavailableError, match="403"):
        track(refusing, "arrests", FITTED, LINEAGE, FIGURES, "sha256:bundle")
