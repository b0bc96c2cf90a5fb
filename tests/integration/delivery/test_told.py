"""A service that is told by variables lays out what it serves."""

from __future__ import annotations

from pathlib import Path

import pytest

from trunkline.core.errors import StorageError
from trunkline.core.keys import read_keys
from trunkline.core.release import Release, Route
from trunkline.serving.release import read_release
from trunkline.serving.told import lay_out

OF_IMAGE = Release.of_one("sha256:" + "1" * 64, environment="image", revision="r", version=1)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    folder = tmp_path / "image"
    (folder / "bundles/kept").mkdir(parents=True)
    OF_IMAGE.write(folder / "release.json")
    return folder


def test_what_a_variable_says_serves_and_bundles_are_the_images(image: Path, tmp_path: Path) -> None:
    silent = OF_IMAGE.model_copy(
        update={"strategy": "silent", "challenger": Route(version=2, bundle="sha256:" + "2" * 64)}
    )
    variables = {"TRUNKLINE_RELEASE": silent.canonical().decode(), "OTHER": "x"}
    live = lay_out(image, tmp_path / "live", variables)
    assert read_release(live) == silent
    assert (live / "bundles/kept").is_dir()
    assert variables == {"OTHER": "x"}


def test_without_one_it_is_the_images_own(image: Path, tmp_path: Path) -> None:
    assert read_release(lay_out(image, tmp_path / "live", {})) == OF_IMAGE


def test_keys_become_a_file(image: Path, tmp_path: Path) -> None:
    variables = {"TRUNKLINE_GIVEN_KEYS": '{"schema":"trunkline/keys/1","keys":[]}'}
    lay_out(image, tmp_path / "live", variables)
    assert read_keys(Path(variables["TRUNKLINE_KEYS"])) == ()


def test_what_is_no_release_is_refused(image: Path, tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        read_release(lay_out(image, tmp_path / "live", {"TRUNKLINE_RELEASE": "{}"}))
