"""One embedded MLflow store for all tests (making one takes seconds), a bare origin, and untrained bundles."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from mlflow import MlflowClient

from trunkline.core.bundle import Bundle, BundleManifest, seal
from trunkline.core.contract import Column, Contract, Role
from trunkline.core.lineage import Lineage
from trunkline.core.record import digits
from trunkline.registry import Place

from ..conftest import put_empty_store

MakeBundle = Callable[[str], Bundle]
ADA = ("-c", "user.name=Ada", "-c", "user.email=ada@localhost")
LINEAGE = Lineage(
    commit="c0ffee",
    snapshot="sha256:5",
    training_key="sha256:" + "1" * 64,
    code="c",
    policy="p",
    lock="l",
    toolkit="0",
    candidate="a",
    settings={},
)


@pytest.fixture(scope="session")
def store_uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URI of an embedded store with nothing in it."""
    database = tmp_path_factory.mktemp("registry") / "deep" / "mlflow.db"
    put_empty_store(database)
    return f"sqlite:///{database}"


@pytest.fixture
def store(store_uri: str, request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An embedded store with a model of its own."""
    name = re.sub(r"[^A-Za-z0-9]+", "-", f"{request.cls.__name__ if request.cls else ''} {request.node.name}")
    return Place(clone=tmp_path, name=name, uri=store_uri, limit_mb=500)


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """A bare repository with one commit on main."""
    bare, work = tmp_path / "origin.git", tmp_path / "first"
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    git(tmp_path, "clone", "--quiet", str(bare), str(work))
    (work / "README.md").write_text("a project\n")
    git(work, "add", "--all")
    git(work, *ADA, "commit", "--quiet", "-m", "First commit")
    git(work, "push", "--quiet", "origin", "HEAD:main")
    return bare


@pytest.fixture
def clone(tmp_path: Path, origin: Path) -> Callable[..., Place]:
    """Clone the origin: a machine with nothing but what git carries."""

    def make(name: str, *flags: str, limit_mb: int = 500) -> Place:
        git(tmp_path, "clone", "--quiet", *flags, f"file://{origin}", str(tmp_path / name))
        return Place(clone=tmp_path / name, name="m", uri="", limit_mb=limit_mb)

    return make


def git(folder: Path, *words: str) -> str:
    """Run git and return what it prints."""
    return subprocess.run(
        ["git", *words], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()


def artifacts_of(store: Place, digest: str) -> Path:
    """Return where an embedded store keeps the files of a bundle."""
    client = MlflowClient(store.uri, store.uri)
    (row,) = client.search_model_versions(f"name='{store.name}' and tags.bundle='{digest}'")
    uri = client.get_model_version_download_uri(store.name, row.version)
    return Path(unquote(urlsplit(uri).path))


def replace_in_ref(clone: Path, digest: str, path: str, text: str, *, mode: str = "100644") -> None:
    """Put another file into a bundle's ref, as whoever may push could."""
    ref = f"refs/trunkline/bundles/{digits(digest)}"
    git(clone, "fetch", "--quiet", "origin", f"+{ref}:{ref}")
    (clone / "planted").write_text(text)
    blob = git(clone, "hash-object", "-w", "planted")
    git(clone, "read-tree", ref)
    git(clone, "update-index", "--add", "--cacheinfo", f"{mode},{blob},bundle/{path}")
    commit = git(clone, *ADA, "commit-tree", git(clone, "write-tree"), "-m", "Bundle")
    git(clone, "push", "--quiet", "--force", "origin", f"{commit}:{ref}")


@pytest.fixture
def bundle(tmp_path: Path) -> MakeBundle:
    """Makes a bundle that differs by the words in it."""

    def make(words: str) -> Bundle:
        folder = tmp_path / words
        (folder / "code" / "arrests").mkdir(parents=True)
        columns = (Column(name="x", type="number"), Column(name="y", type="number", role=Role.OUTCOME))
        Contract(name="m", columns=columns).write(folder / "contract.json")
        (folder / "model.onnx").write_text(words)
        (folder / "code" / "arrests" / "features.py").write_text("x = 1\n")
        manifest = BundleManifest(
            name="m", runtime="onnx", model="model.onnx", figures=(), lineage=LINEAGE, files={}
        )
        return seal(folder, manifest)

    return make
