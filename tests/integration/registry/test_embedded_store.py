from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from mlflow import MlflowClient

from trunkline.core.bundle import BundleStore, seal
from trunkline.core.errors import BundleError, NotFoundError, StorageError, UnavailableError
from trunkline.core.figures import Figure
from trunkline.core.mlflow_uri import embedded_uri
from trunkline.core.project import Project
from trunkline.core.release import Route
from trunkline.loop.versions.bundles import bundle_of
from trunkline.registry import Registry

from .conftest import LINEAGE, MakeBundle


def artifacts_of(registry: Registry, number: int) -> Path:
    uri = MlflowClient(registry.uri, registry.uri).get_model_version_download_uri(registry.name, str(number))
    return Path(unquote(urlsplit(uri).path))


def test_an_empty_registry_has_no_versions_and_says_what_to_do(registry: Registry) -> None:
    assert registry.versions() == ()
    with pytest.raises(NotFoundError, match="none yet"):
        registry.by_number(1)
    with pytest.raises(NotFoundError, match="trunkline bring"):
        registry.by_bundle("sha256:" + "0" * 64)


def test_versions_count_up_and_a_bundle_is_registered_once(registry: Registry, bundle: MakeBundle) -> None:
    one, two = bundle("one"), bundle("two")
    first = registry.register(one)
    second = registry.register(two)
    assert (first.number, second.number) == (1, 2)
    assert registry.register(one) == first
    assert registry.versions() == (first, second)
    assert registry.by_number(2) == second
    assert registry.by_bundle(one.digest) == first
    with pytest.raises(NotFoundError, match="1, 2"):
        registry.by_number(3)


def test_the_advice_for_a_bundle_of_another_store_is_followed(
    registry: Registry, bundle: MakeBundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = bundle("one")
    route = Route(version=registry.register(made).number, bundle=made.digest)
    (tmp_path / "trunkline.yaml").write_text(f"name: {registry.name}\npackage: loans\n", encoding="utf-8")
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    project = Project(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(NotFoundError) as caught:
        bundle_of(project, route, progress=lambda _: None)
    assert "set MLFLOW_TRACKING_URI" in caught.value.next_step

    monkeypatch.setenv("MLFLOW_TRACKING_URI", registry.uri)

    assert bundle_of(project, route, progress=lambda _: None).digest == made.digest


def test_two_models_in_one_store_do_not_see_each_other(registry: Registry, bundle: MakeBundle) -> None:
    other = Registry(registry.uri, registry.name + "-2")
    registry.register(bundle("one"))
    assert other.versions() == ()
    assert other.register(bundle("two")).number == 1


def test_a_bundle_that_was_trained_elsewhere_gets_a_run_with_its_figures(
    registry: Registry, bundle: MakeBundle
) -> None:
    made = bundle("one")
    figures = (Figure(name="cost in €", value=12.5, rows=10),)
    measured = seal(made.folder, made.manifest.model_copy(update={"figures": figures}))
    version = registry.register(measured)
    run = MlflowClient(registry.uri, registry.uri).get_run(version.run).data
    assert run.metrics == {"cost in _": 12.5}
    assert run.params == {"candidate": "a"}
    assert run.tags["trunkline.training_key"] == LINEAGE.training_key


def test_a_version_tells_where_it_comes_from(registry: Registry, bundle: MakeBundle) -> None:
    made = bundle("one")
    registry.register(made)
    row = MlflowClient(registry.uri, registry.uri).get_model_version(registry.name, "1")
    assert row.tags == {
        "bundle": made.digest,
        "snapshot": "sha256:5",
        "training_key": LINEAGE.training_key,
        "commit": "c0ffee",
    }


def test_a_training_run_that_exists_carries_the_bundle(registry: Registry, bundle: MakeBundle) -> None:
    client = MlflowClient(registry.uri, registry.uri)
    folder = Path(registry.uri.removeprefix("sqlite:///")).parent
    run = client.create_run(client.create_experiment(registry.name, (folder / "elsewhere").as_uri())).info
    version = registry.register(bundle("one"), run=run.run_id)
    assert version.run == run.run_id
    assert [item.path for item in client.list_artifacts(run.run_id)] == ["bundle"]
    assert client.get_run(run.run_id).info.status == "RUNNING"


def test_a_version_that_somebody_else_made_is_passed_over(registry: Registry, bundle: MakeBundle) -> None:
    made = registry.register(bundle("one"))
    client = MlflowClient(registry.uri, registry.uri)
    client.create_model_version(registry.name, artifacts_of(registry, 1).as_uri(), run_id=made.run)
    assert registry.versions() == (made,)


def test_fetching_brings_the_same_bundle_and_only_once(
    registry: Registry, bundle: MakeBundle, tmp_path: Path
) -> None:
    made = bundle("one")
    version = registry.register(made)
    store = BundleStore(tmp_path / "store")
    assert registry.fetch(version, store).digest == made.digest
    (artifacts_of(registry, 1) / "model.onnx").unlink()
    assert registry.fetch(version, store).model_file.read_text() == "one"


def test_fetching_mends_a_damaged_copy(registry: Registry, bundle: MakeBundle, tmp_path: Path) -> None:
    version = registry.register(bundle("one"))
    store = BundleStore(tmp_path / "store")
    (registry.fetch(version, store).folder / "model.onnx").write_text("damaged")
    assert registry.fetch(version, store).model_file.read_text() == "one"


@pytest.mark.parametrize("damage", ["changed", "added", "gone", "another"])
def test_a_tampered_artifact_is_refused_and_not_stored(
    store_uri: str, bundle: MakeBundle, tmp_path: Path, damage: str
) -> None:
    registry = Registry(store_uri, f"tampered-{damage}")
    version = registry.register(bundle("one"))
    folder = artifacts_of(registry, 1)
    if damage == "changed":
        (folder / "model.onnx").write_text("evil")
    elif damage == "added":
        (folder / "code" / "sitecustomize.py").write_text("evil")
    elif damage == "gone":
        (folder / "bundle.json").unlink()
    else:
        version = version.model_copy(update={"bundle": "sha256:" + "0" * 64})
    store = BundleStore(tmp_path / "store")
    with pytest.raises(BundleError, match="version 1 is not the bundle that was registered"):
        registry.fetch(version, store)
    assert version.bundle not in store


def test_artifacts_that_are_gone_altogether_are_said_so(
    registry: Registry, bundle: MakeBundle, tmp_path: Path
) -> None:
    version = registry.register(bundle("one"))
    folder = artifacts_of(registry, 1)
    folder.rename(folder.with_name("moved"))
    with pytest.raises(BundleError, match="version 1"):
        registry.fetch(version, BundleStore(tmp_path / "store"))


def test_a_new_store_is_made_without_a_word_and_nothing_lands_beside_it(
    tmp_path: Path, bundle: MakeBundle
) -> None:
    code = (
        "import sys; from pathlib import Path; from trunkline.core.bundle import open_bundle;"
        "from trunkline.registry import Registry; _, uri, folder = sys.argv;"
        "Registry(uri, 'm').register(open_bundle(Path(folder)))"
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
    registry = Registry("http://ada:secret@127.0.0.1:9", "m")
    before = dict(os.environ)
    with pytest.raises(
        UnavailableError, match=r"http://\*\*\*@127\.0\.0\.1:9 .*Connection refused"
    ) as caught:
        registry.versions()
    assert "secret" not in str(caught.value)
    assert dict(os.environ) == before


def test_a_store_that_cannot_be_made_or_read_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("this is no database, but it is long enough to be looked at as one" * 20)
    with pytest.raises(StorageError, match="Cannot write"):
        Registry(f"sqlite:///{tmp_path}/file/mlflow.db", "m").versions()
    with pytest.raises(StorageError, match="not a database"):
        Registry(f"sqlite:///{tmp_path}/file", "m").versions()


@pytest.mark.parametrize("name", ["50% off", "a%20b", "why? #1 ü"])
def test_a_store_lies_where_it_is_said_to_whatever_a_uri_makes_of_the_folders_name(
    name: str, tmp_path: Path, bundle: MakeBundle
) -> None:
    database = tmp_path / name / "mlflow.db"
    registry = Registry(embedded_uri(database), "m")
    made = bundle("one")
    version = registry.register(made)
    fetched = Registry(embedded_uri(database), "m").fetch(version, BundleStore(tmp_path / "bundles"))
    assert fetched.digest == made.digest
    assert database.is_file()
    # MLflow also makes a folder by the very letters of the URI, and leaves it empty.
    used = [path.name for path in tmp_path.iterdir() if any(path.iterdir())]
    assert sorted(used) == sorted(["bundles", name, "one"])
