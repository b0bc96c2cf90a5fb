"""One embedded MLflow store for all tests (making one takes seconds), and a model name of its own for each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from trunkline.core.bundle import Bundle, BundleManifest, seal
from trunkline.core.contract import Column, Contract, Role
from trunkline.core.lineage import Lineage
from trunkline.registry import Registry

MakeBundle = Callable[[str], Bundle]
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
    """The URI of an embedded store, in a folder that is not there yet."""
    return f"sqlite:///{tmp_path_factory.mktemp('registry') / 'deep' / 'mlflow.db'}"


@pytest.fixture
def registry(store_uri: str, request: pytest.FixtureRequest) -> Registry:
    """A registry with a model of its own."""
    return Registry(store_uri, request.node.name.replace("_", "-"))


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
