"""Bundles in MLflow, through its public client: an embedded store, and a real server."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from mlflow import MlflowClient

from trunkline.core.bundle import BundleStore, seal
from trunkline.core.errors import BundleError, StorageError, UnavailableError
from trunkline.core.figures import Figure
from trunkline.core.mlflow_uri import embedded_uri
from trunkline.registry import Place, Registry, fetched, open_registry

from ..conftest import Server, end, put_empty_store
from .conftest import LINEAGE, MakeBundle, artifacts_of


@pytest.fixture
def registry(store: Place) -> Registry:
    """A registry with a model of its own."""
    return open_registry("mlflow", store)


def at(uri: str, name: str = "m") -> Registry:
    """Return the registry at an address."""
    return open_registry("mlflow", Place(clone=Path(), name=name, uri=uri, limit_mb=500))


def test_two_models_in_one_store_do_not_see_each_other(
    store: Place, registry: Registry, bundle: MakeBundle
) -> None:
    registry.put(bundle("one"), number=1)
    assert at(store.uri, store.name + "-2").digests() == frozenset()


def test_a_version_carries_mains_number_and_where_it_comes_from(
    store: Place, registry: Registry, bundle: MakeBundle
) -> None:
    made = bundle("one")
    registry.put(made, number=7)
    client = MlflowClient(store.uri, store.uri)
    row = client.get_model_version(store.name, "1")
    assert row.tags == {
        "bundle": made.digest,
        "version": "7",
        "snapshot": "sha256:5",
        "training_key": LINEAGE.training_key,
        "commit": "c0ffee",
    }
    registry.put(made, number=8)  # another change took the number 7
    assert client.get_model_version(store.name, "1").tags["version"] == "8"
    assert len(client.search_model_versions(f"name='{store.name}'")) == 1


def test_a_bundle_that_was_trained_elsewhere_gets_a_run_with_its_figures(
    store: Place, registry: Registry, bundle: MakeBundle
) -> None:
    made = bundle("one")
    figures = (Figure(name="cost in €", value=12.5, rows=10),)
    registry.put(seal(made.folder, made.manifest.model_copy(update={"figures": figures})), number=1)
    client = MlflowClient(store.uri, store.uri)
    run = client.get_run(str(client.get_model_version(store.name, "1").run_id)).data
    assert run.metrics == {"cost in _": 12.5}
    assert run.params == {"candidate": "a"}
    assert run.tags["trunkline.training_key"] == LINEAGE.training_key


def test_a_training_run_that_exists_carries_the_bundle(
    store: Place, registry: Registry, bundle: MakeBundle
) -> None:
    client = MlflowClient(store.uri, store.uri)
    folder = Path(store.uri.removeprefix("sqlite:///")).parent
    run = client.create_run(client.create_experiment(store.name, (folder / "elsewhere").as_uri())).info
    registry.put(bundle("one"), number=1, run=run.run_id)
    assert client.get_model_version(store.name, "1").run_id == run.run_id
    assert [item.path for item in client.list_artifacts(run.run_id)] == ["bundle"]
    assert client.get_run(run.run_id).info.status == "RUNNING"


def test_a_version_that_somebody_else_made_is_passed_over(
    store: Place, registry: Registry, bundle: MakeBundle
) -> None:
    made = bundle("one")
    registry.put(made, number=1)
    client = MlflowClient(store.uri, store.uri)
    run = client.get_model_version(store.name, "1").run_id
    source = artifacts_of(store, made.digest).as_uri()
    client.create_model_version(store.name, source, run_id=run)
    client.create_model_version(store.name, source, run_id=run, tags={"bundle": "sha256:junk"})
    assert registry.digests() == {made.digest}


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """The address of a server that answers nothing, and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/api/2.0/mlflow-artifacts/artifacts/bundle", asked
    server.shutdown()
    server.server_close()


def test_a_version_that_leads_to_another_host_is_refused_before_that_is_asked(
    store: Place, registry: Registry, bundle: MakeBundle, listener: tuple[str, list[str]], tmp_path: Path
) -> None:
    registry.put(bundle("one"), number=1)
    address, asked = listener
    digest = "sha256:" + "e" * 64
    MlflowClient(store.uri, store.uri).create_model_version(store.name, address, tags={"bundle": digest})
    with pytest.raises(BundleError):
        registry.fetch(digest, tmp_path)
    assert asked == []


def test_artifacts_that_are_gone_altogether_are_said_so(
    store: Place, registry: Registry, bundle: MakeBundle, tmp_path: Path
) -> None:
    made = bundle("one")
    registry.put(made, number=1)
    folder = artifacts_of(store, made.digest)
    folder.rename(folder.with_name("moved"))
    with pytest.raises(BundleError):
        fetched(registry, made.digest, BundleStore(tmp_path / "store"))


def test_a_store_that_moved_with_its_project_goes_on_and_keeps_new_artifacts_beside_itself(
    tmp_path: Path, bundle: MakeBundle
) -> None:
    before, after = tmp_path / "before", tmp_path / "after"
    one, two = bundle("one"), bundle("two")
    put_empty_store(before / "mlflow.db")
    at(embedded_uri(before / "mlflow.db")).put(one, number=1)
    before.rename(after)
    moved = at(embedded_uri(after / "mlflow.db"))
    assert fetched(moved, one.digest, BundleStore(tmp_path / "bundles")).digest == one.digest
    moved.put(two, number=2)
    shutil.rmtree(tmp_path / "bundles")
    assert fetched(moved, two.digest, BundleStore(tmp_path / "bundles")).digest == two.digest
    assert not before.exists()


def test_a_new_store_is_made_without_a_word_and_nothing_lands_beside_it(
    tmp_path: Path, bundle: MakeBundle
) -> None:
    code = (
        "import sys; from pathlib import Path; from trunkline.core.bundle import open_bundle;"
        "from trunkline.registry import Place, open_registry; _, uri, folder = sys.argv;"
        "place = Place(clone=Path(), name='m', uri=uri, limit_mb=9);"
        "open_registry('mlflow', place).put(open_bundle(Path(folder)), number=1)"
    )
    command = [sys.executable, "-c", code, f"sqlite:///{tmp_path}/deep/mlflow.db", str(bundle("one").folder)]
    here = tmp_path / "here"
    here.mkdir()
    done = subprocess.run(command, cwd=here, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(here.iterdir()) == []
    assert {path.name for path in (tmp_path / "deep").iterdir()} == {"mlflow.db", "mlartifacts"}


def test_a_server_that_is_not_there_is_given_up_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", raising=False)
    registry = at("http://ada:secret@127.0.0.1:9")
    before = dict(os.environ)
    with pytest.raises(
        UnavailableError, match=r"http://\*\*\*@127\.0\.0\.1:9 .*Connection refused"
    ) as caught:
        registry.digests()
    assert "secret" not in str(caught.value)
    assert dict(os.environ) == before


def test_a_store_that_cannot_be_made_or_read_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("this is no database, but it is long enough to be looked at as one" * 20)
    with pytest.raises(StorageError, match="Cannot write"):
        at(f"sqlite:///{tmp_path}/file/mlflow.db").digests()
    with pytest.raises(StorageError, match="not a database"):
        at(f"sqlite:///{tmp_path}/file").digests()


@pytest.mark.parametrize("name", ["50% off", "a%20b", "why? #1 ü"])
def test_a_store_lies_where_it_is_said_to_whatever_a_uri_makes_of_the_folders_name(
    name: str, tmp_path: Path, bundle: MakeBundle
) -> None:
    database = tmp_path / name / "mlflow.db"
    put_empty_store(database)
    made = bundle("one")
    at(embedded_uri(database)).put(made, number=1)
    brought = fetched(at(embedded_uri(database)), made.digest, BundleStore(tmp_path / "bundles"))
    assert brought.digest == made.digest
    assert database.is_file()
    # MLflow also makes a folder by the very letters of the URI, and leaves it empty.
    used = [path.name for path in tmp_path.iterdir() if any(path.iterdir())]
    assert sorted(used) == sorted(["bundles", name, "one"])


@pytest.mark.timeout(400)
def test_a_server_keeps_bundles_over_http(
    server: Server, bundle: MakeBundle, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    address, artifacts, process = server
    registry = at(address)
    one, two = bundle("one"), bundle("two")
    for number, made in ((1, one), (2, two), (2, two)):
        registry.put(made, number=number)
    assert registry.digests() == {one.digest, two.digest}
    store = BundleStore(tmp_path / "store")
    assert fetched(registry, one.digest, store).model_file.read_text() == "one"
    (planted,) = (path for path in artifacts.rglob("model.onnx") if path.read_text() == "two")
    planted.write_text("evil")
    with pytest.raises(BundleError, match="not the bundle that was registered"):
        fetched(registry, two.digest, store)
    assert two.digest not in store
    assert capfd.readouterr() == ("", "")
    end(process)
    with pytest.raises(UnavailableError, match="does not answer"):
        at(address).digests()
