from __future__ import annotations

from pathlib import Path

import pytest

from trunkline.core.bundle import BundleStore
from trunkline.core.errors import BundleError, UnavailableError
from trunkline.registry import Registry

from ..conftest import Server, end
from .conftest import MakeBundle


@pytest.mark.timeout(400)
def test_a_server_keeps_versions_and_bundles_over_http(
    server: Server,
    bundle: MakeBundle,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    address, artifacts, process = server
    registry = Registry(address, "arrests")
    one = registry.register(bundle("one"))
    two = registry.register(bundle("two"))
    assert registry.register(bundle_again := bundle("three")).number == 3
    assert registry.register(bundle_again).number == 3
    assert [version.number for version in registry.versions()] == [1, 2, 3]
    assert registry.by_bundle(two.bundle) == two
    store = BundleStore(tmp_path / "store")
    assert registry.fetch(one, store).model_file.read_text() == "one"
    (planted,) = (path for path in artifacts.rglob("model.onnx") if path.read_text() == "two")
    planted.write_text("evil")
    with pytest.raises(BundleError, match="not the bundle that was registered"):
        registry.fetch(two, store)
    assert two.bundle not in store
    assert capfd.readouterr() == ("", "")
    end(process)
    with pytest.raises(UnavailableError, match="does not answer"):
        Registry(address, "arrests").versions()
