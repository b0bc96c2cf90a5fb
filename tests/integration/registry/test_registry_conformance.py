"""Every registry is asked the same: ours, and a toy that needs one file and one line."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from conformance.registries import Reach, RegistryConformance

from trunkline.core.bundle import Bundle
from trunkline.core.errors import NotFoundError, PolicyError
from trunkline.core.record import digits
from trunkline.registry import Place, open_registry

from .conftest import artifacts_of, replace_in_ref


def plant(folder: Path) -> None:
    """Put another model into a folder."""
    (folder / "model.onnx").write_text("evil")


class TestGit(RegistryConformance):
    @pytest.fixture
    def reach(self, origin: Path, clone: Callable[[str], Place]) -> Reach:
        visits = iter(range(100))
        return lambda: open_registry("git", clone(f"visit-{next(visits)}"))

    @pytest.fixture
    def damage(self, clone: Callable[[str], Place]) -> Callable[[Bundle], None]:
        return lambda bundle: replace_in_ref(clone("attacker").clone, bundle.digest, "model.onnx", "evil")


class TestMlflow(RegistryConformance):
    @pytest.fixture
    def reach(self, store: Place) -> Reach:
        return lambda: open_registry("mlflow", store)

    @pytest.fixture
    def damage(self, store: Place) -> Callable[[Bundle], None]:
        return lambda bundle: plant(artifacts_of(store, bundle.digest))


class Folder:
    """A registry of a folder: what a new one needs."""

    def __init__(self, place: Place) -> None:
        self.root = place.clone / "bundles"

    def digests(self) -> frozenset[str]:
        return frozenset(f"sha256:{path.name}" for path in self.root.glob("*"))

    def put(self, bundle: Bundle, *, number: int, run: str = "") -> None:
        if bundle.digest not in self.digests():
            shutil.copytree(bundle.folder, self._of(bundle.digest))

    def fetch(self, digest: str, folder: Path) -> Path:
        return Path(shutil.copytree(self._there(digest), folder / "bundle"))

    def since(self, digest: str) -> datetime:
        return datetime.fromtimestamp(self._there(digest).stat().st_mtime, UTC)

    def remove(self, digests: Iterable[str]) -> None:
        for digest in digests:
            shutil.rmtree(self._of(digest), ignore_errors=True)

    def _of(self, digest: str) -> Path:
        return self.root / digits(digest)

    def _there(self, digest: str) -> Path:
        if not (folder := self._of(digest)).is_dir():
            raise NotFoundError("The folder has no such bundle.", value=digest, next_step="trunkline release")
        return folder


ONE_LINE = {"registries": {"folder": f"{__name__}:Folder"}}


class TestToy(RegistryConformance):
    @pytest.fixture
    def place(self, tmp_path: Path) -> Place:
        return Place(clone=tmp_path / "toy", name="m", uri="", limit_mb=500)

    @pytest.fixture
    def reach(self, place: Place) -> Reach:
        return lambda: open_registry("folder", place, table=ONE_LINE)

    @pytest.fixture
    def damage(self, place: Place) -> Callable[[Bundle], None]:
        folder = place.clone / "bundles"
        return lambda bundle: plant(folder / digits(bundle.digest))


def test_a_kind_that_nobody_knows_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as refused:
        open_registry("tape", Place(clone=tmp_path, name="m", uri="", limit_mb=500))
    assert "git, mlflow" in refused.value.next_step
