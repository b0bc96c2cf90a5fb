"""Bundles in git refs: what travels, what is refused, and what is left alone."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from trunkline.core.bundle import BundleStore, seal
from trunkline.core.errors import BundleError, ForgeError, NotFoundError, StorageError, UnavailableError
from trunkline.core.record import digits
from trunkline.registry import Place, fetched, open_registry
from trunkline.registry.git_tree import read_files, tree_files, write_tree

from .conftest import ADA, MakeBundle, git, replace_in_ref


def test_a_bundle_is_one_ref_and_files_that_another_has_too_are_stored_once(
    clone: Callable[..., Place], bundle: MakeBundle, origin: Path
) -> None:
    registry = open_registry("git", clone("a"))
    one = bundle("one")
    two = seal(one.folder, one.manifest.model_copy(update={"name": "other"}))
    for made in (one, two):
        registry.put(made, number=1)
    refs = git(origin, "for-each-ref", "--format=%(refname)", "refs/trunkline").splitlines()
    assert refs == sorted(f"refs/trunkline/bundles/{digits(made.digest)}" for made in (one, two))
    blobs = {git(origin, "rev-parse", f"{ref}:bundle/model.onnx") for ref in refs}
    assert len(blobs) == 1


def test_a_shallow_clone_without_blobs_brings_a_bundle_and_pushes_one(
    clone: Callable[..., Place], bundle: MakeBundle, origin: Path, tmp_path: Path
) -> None:
    git(origin, "config", "uploadpack.allowFilter", "true")
    one, two = bundle("one"), bundle("two")
    open_registry("git", clone("a")).put(one, number=1)
    runner = open_registry("git", clone("runner", "--depth=1", "--filter=blob:none"))
    assert fetched(runner, one.digest, BundleStore(tmp_path / "store")).digest == one.digest
    runner.put(two, number=2)
    assert open_registry("git", clone("b")).digests() == {one.digest, two.digest}


def test_a_file_that_no_forge_takes_travels_in_parts_and_comes_back_whole(
    clone: Callable[..., Place], tmp_path: Path
) -> None:
    folder = tmp_path / "bundle"
    (folder / "code").mkdir(parents=True)
    (folder / "model.onnx").write_bytes(large := os.urandom(2500))
    (folder / "code/empty.py").touch()
    repository = clone("a").clone
    tree = write_tree(repository, folder, part_bytes=1000)
    names = git(repository, "ls-tree", "-r", "--name-only", tree).splitlines()
    assert names == ["bundle/code/empty.py", *(f"parts/model.onnx/{place:04d}" for place in range(3))]
    back = read_files(repository, tree_files(repository, tree, most=2500), tmp_path / "back")
    assert (back / "model.onnx").read_bytes() == large
    assert (back / "code/empty.py").read_bytes() == b""


def test_what_git_would_change_on_its_way_arrives_as_it_was(
    clone: Callable[..., Place], tmp_path: Path
) -> None:
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "features.py").write_bytes(b"x = 1\r\n$Id$\n")
    place = clone("a")
    git(place.clone, "config", "core.autocrlf", "true")
    (place.clone / ".git/info/attributes").write_text("*.py text ident\n")
    files = tree_files(place.clone, write_tree(place.clone, folder), most=100)
    back = read_files(place.clone, files, tmp_path / "back")
    assert (back / "features.py").read_bytes() == b"x = 1\r\n$Id$\n"


@pytest.mark.parametrize(("mode", "path"), [("120000", "link"), ("100755", "run.sh"), ("100644", "a\\b")])
def test_links_programs_and_names_that_lead_elsewhere_are_refused(
    clone: Callable[..., Place], bundle: MakeBundle, tmp_path: Path, mode: str, path: str
) -> None:
    made = bundle("one")
    place = clone("a")
    open_registry("git", place).put(made, number=1)
    replace_in_ref(place.clone, made.digest, path, "/etc/passwd", mode=mode)
    with pytest.raises(BundleError, match="something that no bundle has"):
        open_registry("git", clone("b")).fetch(made.digest, tmp_path)


def test_a_ref_that_somebody_replaced_is_mended_by_who_has_the_bundle(
    clone: Callable[..., Place], bundle: MakeBundle, tmp_path: Path
) -> None:
    made = bundle("one")
    open_registry("git", clone("a")).put(made, number=1)
    replace_in_ref(clone("attacker").clone, made.digest, "model.onnx", "evil")
    open_registry("git", clone("b")).put(made, number=1)
    store = BundleStore(tmp_path / "store")
    assert fetched(open_registry("git", clone("c")), made.digest, store).digest == made.digest


def test_refs_that_only_end_like_a_bundles_are_none(clone: Callable[..., Place]) -> None:
    place = clone("a")
    git(place.clone, *ADA, "commit", "--quiet", "--allow-empty", "--message", "Another")
    git(place.clone, "push", "--quiet", "origin", f"HEAD:refs/a/refs/trunkline/bundles/{'0' * 64}")
    assert open_registry("git", place).digests() == frozenset()


def test_a_bundle_over_the_limit_is_refused_with_a_way_out(
    clone: Callable[..., Place], bundle: MakeBundle
) -> None:
    made = bundle("one")
    (made.folder / "weights.bin").write_bytes(b"0" * 1_100_000)
    registry = open_registry("git", clone("a", limit_mb=1))
    with pytest.raises(StorageError, match="store_limit_mb is 1") as refused:
        registry.put(seal(made.folder, made.manifest), number=1)
    assert "MLFLOW_TRACKING_URI" in refused.value.next_step
    assert registry.digests() == frozenset()


def test_a_remote_that_refuses_is_missing_or_is_away_says_what_to_do(
    clone: Callable[..., Place], bundle: MakeBundle, origin: Path
) -> None:
    place = clone("a")
    hook = origin / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho rules of the house\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(ForgeError, match="rules of the house") as refused:
        open_registry("git", place).put(bundle("one"), number=1)
    assert "contents: write" in refused.value.next_step
    git(place.clone, "remote", "set-url", "origin", str(origin.parent / "gone.git"))
    with pytest.raises(UnavailableError):
        open_registry("git", place).digests()
    git(place.clone, "remote", "remove", "origin")
    with pytest.raises(ForgeError, match=r"registry\.kind"):
        open_registry("git", place).digests()


def test_two_who_put_one_bundle_at_once_both_have_it(
    clone: Callable[..., Place], bundle: MakeBundle, origin: Path
) -> None:
    made = bundle("one")
    second = clone("b")
    open_registry("git", second).put(made, number=1)
    ref = f"refs/trunkline/bundles/{digits(made.digest)}"
    git(origin, "update-ref", "-d", ref)
    # While the first has looked and not pushed yet, the other one is through.
    first = clone("a")
    hook = origin / "hooks/update"
    pushes = f'[ -e quicker ] || {{ touch quicker; git -C "{second.clone}" push --quiet "{origin}" {ref}; }}'
    hook.write_text(f"#!/bin/sh\nunset $(git rev-parse --local-env-vars)\n{pushes}\n")
    hook.chmod(0o755)
    open_registry("git", first).put(made, number=1)
    assert open_registry("git", first).digests() == {made.digest}
    assert git(origin, "rev-parse", ref) == git(second.clone, "rev-parse", ref)


def test_nobody_finds_what_was_removed(
    clone: Callable[..., Place], bundle: MakeBundle, tmp_path: Path
) -> None:
    made = bundle("one")
    a = open_registry("git", clone("a"))
    a.put(made, number=1)
    b = open_registry("git", clone("b"))
    fetched(b, made.digest, BundleStore(tmp_path / "store"))
    a.remove([made.digest])
    with pytest.raises(NotFoundError):
        b.fetch(made.digest, tmp_path)


DIGEST = "sha256:" + "a" * 64


def push_tree(place: Place, rows: str, digest: str = DIGEST) -> None:
    """Push a tree of rows as `git update-index` takes them under the name of a bundle."""
    feed(place.clone, "update-index", "--add", "--index-info", text=rows)
    commit = git(place.clone, *ADA, "commit-tree", git(place.clone, "write-tree"), "-m", "Bundle")
    git(place.clone, "push", "--quiet", "origin", f"{commit}:refs/trunkline/bundles/{digits(digest)}")


def feed(folder: Path, *words: str, text: str) -> str:
    """Run git with a text as its input and return what it prints."""
    return subprocess.run(
        ["git", *words], cwd=folder, check=True, capture_output=True, text=True, input=text
    ).stdout.strip()


def test_a_small_ref_that_would_fill_the_disk_is_refused_and_nothing_is_written(
    clone: Callable[..., Place], tmp_path: Path
) -> None:
    place = clone("a", limit_mb=1)
    git(place.clone, "read-tree", "--empty")
    blob = feed(place.clone, "hash-object", "-w", "--stdin", text="0" * 1_000_000)
    push_tree(place, "".join(f"100644 {blob}\tparts/x/{number:04d}\n" for number in range(50)))
    with pytest.raises(BundleError, match="50,000,000 bytes"):
        open_registry("git", clone("b", limit_mb=1)).fetch(DIGEST, tmp_path / "back")
    assert not (tmp_path / "back").exists()


@pytest.mark.parametrize("path", ["parts/0000", "bundle/bundle.json/a", "parts/bundle.json/0000", "bundle/a"])
def test_a_ref_whose_files_are_not_those_of_its_manifest_is_refused_and_nothing_is_written(
    clone: Callable[..., Place], bundle: MakeBundle, tmp_path: Path, path: str
) -> None:
    made = bundle("one")
    place = clone("a")
    tree = write_tree(place.clone, made.folder)
    git(place.clone, "read-tree", tree)
    blob = git(place.clone, "rev-parse", f"{tree}:bundle/model.onnx")
    push_tree(place, f"100644 {blob}\t{path}\n", made.digest)
    with pytest.raises(BundleError):
        open_registry("git", clone("b")).fetch(made.digest, tmp_path / "back")
    assert not (tmp_path / "back").exists()


def test_refs_that_are_no_bundles_keep_nobody_from_the_others(
    clone: Callable[..., Place], bundle: MakeBundle, tmp_path: Path
) -> None:
    made, late = bundle("one"), "f" * 64
    place = clone("a")
    blob = feed(place.clone, "hash-object", "-w", "--stdin", text="junk")
    tree = git(place.clone, "rev-parse", "HEAD^{tree}")
    commit = feed(
        place.clone,
        *("hash-object", "-w", "-t", "commit", "--stdin", "--literally"),
        text=f"tree {tree}\nauthor A <a@b> 253402300800000 +0000\ncommitter A <a@b> 253402300800000 +0000\n\nlate\n",
    )
    for thing, name in ((blob, digits(made.digest)), (tree, digits(DIGEST)), (commit, late)):
        git(place.clone, "push", "--quiet", "origin", f"{thing}:refs/trunkline/bundles/{name}")
    registry = open_registry("git", clone("b"))
    before = datetime.now(UTC)
    for digest in (made.digest, DIGEST, f"sha256:{late}"):
        assert registry.since(digest) >= before
    with pytest.raises(BundleError):
        registry.fetch(made.digest, tmp_path)
    registry.put(made, number=1)
    assert fetched(open_registry("git", clone("c")), made.digest, BundleStore(tmp_path / "store")) is not None
    registry.remove([DIGEST, f"sha256:{late}"])
    assert registry.digests() == {made.digest}
