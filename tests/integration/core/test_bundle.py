"""Bundles: sealed once, verified each time, and refused when anything differs."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from trunkline.core.bundle import Bundle, BundleManifest, BundleStore, open_bundle, seal
from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import BundleError, StorageError
from trunkline.core.lineage import Lineage

CONTRACT = Contract(
    name="arrests",
    columns=(
        Column(name="age", type="integer"),
        Column(name="released", type="category", role=Role.OUTCOME, categories=("No", "Yes")),
    ),
    positive="Yes",
)
LINEAGE = Lineage(
    commit="c",
    snapshot="s",
    training_key="k",
    code="d",
    policy="p",
    lock="l",
    toolkit="0.1.0",
    candidate="logistic",
    settings={"C": 1.0},
)
MANIFEST = BundleManifest(
    name="arrests", runtime="onnx", model="model.onnx", figures=(), lineage=LINEAGE, files={}
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What training leaves behind, not sealed yet."""
    home = tmp_path / "made"
    (home / "code").mkdir(parents=True)
    CONTRACT.write(home / "contract.json")
    (home / "model.onnx").write_bytes(b"weights")
    (home / "code" / "features.py").write_text("def features(): ...\n")
    return home


@pytest.fixture
def bundle(folder: Path) -> Bundle:
    return seal(folder, MANIFEST)


def test_sealing_lists_every_file_and_opening_gives_the_same_bundle(bundle: Bundle) -> None:
    assert set(bundle.manifest.files) == {"code/features.py", "contract.json", "model.onnx"}
    assert open_bundle(bundle.folder) == bundle
    assert open_bundle(bundle.folder, digest=bundle.digest) == bundle
    assert bundle.contract == CONTRACT
    assert bundle.model_file.read_bytes() == b"weights"


@pytest.mark.parametrize("model", ["../other/model.onnx", "/etc/hostname", "bundle.json", ""])
def test_a_model_that_is_none_of_the_bundles_files_is_refused(bundle: Bundle, model: str) -> None:
    bundle.manifest.model_copy(update={"model": model}).write(bundle.folder / "bundle.json")
    with pytest.raises(BundleError, match="names a model"):
        open_bundle(bundle.folder)


def test_the_same_content_has_the_same_digest_wherever_it_lies(bundle: Bundle, tmp_path: Path) -> None:
    shutil.copytree(bundle.folder, tmp_path / "elsewhere")
    assert open_bundle(tmp_path / "elsewhere").digest == bundle.digest
    assert seal(tmp_path / "elsewhere", MANIFEST).digest == bundle.digest


def test_another_lineage_is_another_bundle(bundle: Bundle) -> None:
    other = LINEAGE.model_copy(update={"snapshot": "t"})
    assert seal(bundle.folder, MANIFEST.model_copy(update={"lineage": other})).digest != bundle.digest


@pytest.mark.parametrize("name", ["contract.json", "model.onnx"])
def test_a_bundle_without_contract_or_model_is_not_sealed(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(BundleError, match=f"{name} is missing"):
        seal(folder, MANIFEST)


def change_a_byte(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"weightz")


def empty_a_file(folder: Path) -> None:
    (folder / "code" / "features.py").write_text("")


def remove_a_file(folder: Path) -> None:
    (folder / "code" / "features.py").unlink()


def add_a_file(folder: Path) -> None:
    (folder / "code" / "planted.py").write_text("")


def add_a_hidden_file(folder: Path) -> None:
    (folder / ".hidden").write_text("")


def link_to_the_same_content(folder: Path) -> None:
    (folder.parent / "same").write_bytes(b"weights")
    (folder / "model.onnx").unlink()
    (folder / "model.onnx").symlink_to(folder.parent / "same")


def add_a_link(folder: Path) -> None:
    (folder / "more").symlink_to(folder.parent, target_is_directory=True)


def add_a_broken_link(folder: Path) -> None:
    (folder / "more").symlink_to(folder / "nowhere")


@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        (change_a_byte, r"changed after it was sealed: model\.onnx"),
        (empty_a_file, r"changed after it was sealed: code/features\.py"),
        (remove_a_file, r"lacks code/features\.py"),
        (add_a_file, r"not its own: code/planted\.py"),
        (add_a_hidden_file, r"not its own: \.hidden"),
        (link_to_the_same_content, r"changed after it was sealed: model\.onnx"),
        (add_a_link, "not its own: more"),
        (add_a_broken_link, "not its own: more"),
    ],
)
def test_a_bundle_that_was_tampered_with_is_refused(
    bundle: Bundle, tamper: Callable[[Path], None], words: str
) -> None:
    tamper(bundle.folder)
    with pytest.raises(BundleError, match=words) as caught:
        open_bundle(bundle.folder)
    assert caught.value.next_step


def test_a_manifest_that_was_rewritten_to_match_has_another_digest(bundle: Bundle) -> None:
    change_a_byte(bundle.folder)
    seal(bundle.folder, MANIFEST)
    with pytest.raises(BundleError, match=f"not {bundle.digest[7:19]}"):
        open_bundle(bundle.folder, digest=bundle.digest)


def test_a_manifest_that_was_edited_alone_is_refused(bundle: Bundle) -> None:
    file = bundle.folder / "bundle.json"
    file.write_text(file.read_text().replace('"logistic"', '"forest"'))
    with pytest.raises(BundleError, match=f"not {bundle.digest[7:19]}"):
        open_bundle(bundle.folder, digest=bundle.digest)


@pytest.mark.parametrize("content", ["", "{}", '{"schema": "trunkline/bundle/9"}', "[]"])
def test_a_manifest_that_cannot_be_read_is_refused(bundle: Bundle, content: str) -> None:
    (bundle.folder / "bundle.json").write_text(content)
    with pytest.raises(BundleError, match=r"bundle\.json"):
        open_bundle(bundle.folder)


def test_a_folder_that_is_no_bundle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="Cannot read"):
        open_bundle(tmp_path)


def test_a_store_keeps_a_bundle_under_its_digest(bundle: Bundle, tmp_path: Path) -> None:
    store = BundleStore(tmp_path / "store")
    assert bundle.digest not in store
    kept = store.add(bundle.folder)
    assert bundle.digest in store
    assert kept.folder == tmp_path / "store" / bundle.digest.removeprefix("sha256:")
    assert store.get(bundle.digest) == kept
    assert (kept.digest, kept.manifest) == (bundle.digest, bundle.manifest)


def test_adding_a_bundle_twice_changes_nothing(bundle: Bundle, tmp_path: Path) -> None:
    store = BundleStore(tmp_path / "store")
    first = store.add(bundle.folder)
    written = first.model_file.stat().st_mtime_ns
    assert store.add(bundle.folder) == first
    assert first.model_file.stat().st_mtime_ns == written
    assert len(list(store.root.iterdir())) == 1


def test_what_an_interrupted_copy_left_is_replaced(bundle: Bundle, tmp_path: Path) -> None:
    store = BundleStore(tmp_path / "store")
    home = store.path(bundle.digest)
    partial = home.with_name(f"{home.name}.{os.getpid()}.partial")
    partial.mkdir(parents=True)
    (partial / "half").write_text("")
    assert bundle.digest not in store
    assert store.add(bundle.folder).digest == bundle.digest
    assert not partial.exists()


def test_a_damaged_bundle_is_not_added(bundle: Bundle, tmp_path: Path) -> None:
    change_a_byte(bundle.folder)
    store = BundleStore(tmp_path / "store")
    with pytest.raises(BundleError, match="changed after it was sealed"):
        store.add(bundle.folder)
    assert not store.root.exists()


def test_a_bundle_that_was_damaged_in_the_store_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    store = BundleStore(tmp_path / "store")
    change_a_byte(store.add(bundle.folder).folder)
    with pytest.raises(BundleError, match="changed after it was sealed"):
        store.get(bundle.digest)


def test_a_bundle_that_is_not_here_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="not on this machine") as caught:
        BundleStore(tmp_path).get("sha256:" + "0" * 64)
    assert caught.value.next_step == "git pull, then `trunkline deploy`: it fetches what the registry has"


def test_a_store_that_cannot_be_written_is_named(bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "store").write_text("in the way")
    with pytest.raises(StorageError, match="Cannot write"):
        BundleStore(tmp_path / "store").add(bundle.folder)
