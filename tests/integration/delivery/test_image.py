from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest

from trunkline.core.bundle import BundleStore
from trunkline.core.errors import ApplyError, BundleError, StorageError, UnavailableError
from trunkline.delivery import build, build_context

from .conftest import MakeRoute, single


@pytest.fixture
def requirements(tmp_path: Path) -> Path:
    path = tmp_path / "serve.txt"
    path.write_text("numpy==2.4.6\n")
    return path


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A container tool that writes down what it was called with, and fails when the tag says so."""
    folder = tmp_path / "tools"
    folder.mkdir()
    script = folder / "podman"
    script.write_text(
        f"#!{sys.executable}\nimport sys, pathlib\n"
        f"pathlib.Path({str(folder / 'called')!r}).write_text(' '.join(sys.argv[1:]))\n"
        "if 'bad' in ' '.join(sys.argv):\n    sys.exit('STEP 3: no such file')\n"
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    return folder / "called"


def fingerprint(folder: Path) -> list[tuple[str, int, float, str]]:
    return [
        (
            path.relative_to(folder).as_posix(),
            path.stat().st_mode,
            path.stat().st_mtime,
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "",
        )
        for path in sorted(folder.rglob("*"))
    ]


def test_a_context_is_the_same_every_time_and_holds_what_is_served(
    tmp_path: Path, route: MakeRoute, bundles: BundleStore, requirements: Path
) -> None:
    release = single(route(1), "c1", strategy="silent", challenger=route(2), salt="s")
    one = build_context(release, bundles, requirements, tmp_path / "one")
    two = build_context(release, bundles, requirements, tmp_path / "two")
    assert fingerprint(one) == fingerprint(two)
    assert {path.name for path in one.iterdir()} == {"release.json", "bundles", "requirements.txt"}
    assert {path.name for path in (one / "bundles").iterdir()} == {route(1).bundle[7:], route(2).bundle[7:]}
    assert BundleStore(one / "bundles").get(route(2).bundle).digest == route(2).bundle


def test_what_an_earlier_context_held_is_gone(
    tmp_path: Path, route: MakeRoute, bundles: BundleStore, requirements: Path
) -> None:
    out = build_context(single(route(1), "c1"), bundles, requirements, tmp_path / "out")
    build_context(single(route(2), "c2"), bundles, requirements, out)
    assert [path.name for path in (out / "bundles").iterdir()] == [route(2).bundle[7:]]


def test_a_folder_with_other_things_in_it_is_never_emptied(
    tmp_path: Path, route: MakeRoute, bundles: BundleStore, requirements: Path
) -> None:
    with pytest.raises(StorageError, match="holds other things"):
        build_context(single(route(1), "c1"), bundles, requirements, tmp_path)
    assert requirements.exists()


def test_a_tampered_bundle_gets_into_no_image(
    tmp_path: Path, route: MakeRoute, bundles: BundleStore, requirements: Path
) -> None:
    (bundles.path(route(1).bundle) / "model.onnx").write_bytes(b"evil")
    with pytest.raises(BundleError):
        build_context(single(route(1), "c1"), bundles, requirements, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_tool_that_is_installed_builds_the_tag_from_the_context(tmp_path: Path, tool: Path) -> None:
    build(tmp_path, "arrests:c1", dockerfile=tmp_path / "Dockerfile", options=("--pull=never",))
    assert (
        tool.read_text() == f"build --tag arrests:c1 --file {tmp_path / 'Dockerfile'} --pull=never {tmp_path}"
    )


def test_a_build_that_fails_quotes_the_tool(tmp_path: Path, tool: Path) -> None:
    with pytest.raises(ApplyError, match="podman could not build bad:1: STEP 3: no such file"):
        build(tmp_path, "bad:1", dockerfile=tmp_path / "Dockerfile")


def test_a_tool_that_is_not_there_is_said_so_with_advice(tmp_path: Path, tool: Path) -> None:
    with pytest.raises(UnavailableError, match="docker is not installed"):
        build(tmp_path, "a:1", dockerfile=tmp_path / "Dockerfile", tool="docker")
