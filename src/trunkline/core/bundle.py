"""The bundle: the sealed folder that moves through the loop. Its digest is its identity."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field

from .contract import CONTRACT_FILE, Contract
from .decision import Decision
from .errors import BundleError, StorageError
from .figures import Figure
from .lineage import Lineage
from .record import Record, digits, file_sha256, sha256, short

Runtime = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
"""The name of a plugin of the group `runtimes`."""
MANIFEST = "bundle.json"


class BundleManifest(Record):
    """What a bundle holds. The bundle's digest is the sha256 of this record in canonical form."""

    SCHEMA: ClassVar[str] = "trunkline/bundle/1"

    name: str
    runtime: Runtime
    model: str
    """The model's file: `model.onnx`, or `model.skops` for the Python runtime."""
    classes: tuple[str, ...] = ()
    """The labels in the order of the probability columns; empty for regression."""
    trusted_types: tuple[str, ...] = ()
    """The types that skops may build when the model is loaded by the Python runtime."""
    requires: tuple[str, ...] = ()
    """Packages with versions that the Python runtime needs, as `scikit-learn==1.9.1`."""
    decision: Decision | None = Field(default=None, exclude_if=lambda value: value is None)
    """From which probability on the positive class is the answer; None: the likelier class is."""
    batched: bool = Field(default=False, exclude_if=lambda value: not value)
    """Whether rows of several requests may be asked for together: each got the same answer alone when it was sealed."""
    parity: str = Field(default="", exclude_if=lambda value: not value)
    """How far the answers of a converted model lie from those of the pipeline that was fitted, in words."""
    figures: tuple[Figure, ...]
    """Measured once on the test part of the snapshot."""
    lineage: Lineage
    files: dict[str, str]
    """File name (with `/`) to sha256."""


@dataclass(frozen=True)
class Bundle:
    """A bundle whose files were compared with their checksums when it was opened."""

    folder: Path
    manifest: BundleManifest
    digest: str
    contract: Contract

    @property
    def model_file(self) -> Path:
        """Return the path of the model."""
        return self.folder / self.manifest.model


def seal(folder: Path, manifest: BundleManifest) -> Bundle:
    """Write the manifest over the files that lie in `folder` and return the bundle.

    `manifest.files` is computed here, whatever it held. Raises BundleError when the contract or the model is missing.
    """
    files = {
        path.relative_to(folder).as_posix(): file_sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.relative_to(folder).as_posix() != MANIFEST
    }
    for needed in (CONTRACT_FILE, manifest.model):
        if needed not in files:
            raise BundleError(f"Cannot seal {folder}: {needed} is missing.")
    manifest = manifest.model_copy(update={"files": files})
    manifest.write(folder / MANIFEST)
    return open_bundle(folder)


def open_bundle(folder: Path, *, digest: str = "") -> Bundle:
    """Return the bundle in `folder` after every file was compared with its checksum; nothing is deserialised.

    Raises BundleError when a file is missing, added or changed, or when the digest is not `digest`.
    """
    again = "fetch the bundle from the registry again; if that fails too, train again"
    manifest = BundleManifest.read(folder / MANIFEST, error=BundleError)
    found = sha256(manifest.canonical())
    if digest and found != digest:
        raise BundleError(f"The bundle in {folder} is {short(found)}, not {short(digest)}.", next_step=again)
    if manifest.model not in manifest.files:
        raise BundleError(
            f"The bundle {short(found)} names a model that is not among its files.",
            value=manifest.model,
            next_step=again,
        )
    present = {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() or path.is_symlink()
    }
    present -= {MANIFEST}
    if missing := sorted(set(manifest.files) - present):
        raise BundleError(f"The bundle {short(found)} lacks {', '.join(missing)}.", next_step=again)
    if added := sorted(present - set(manifest.files)):
        raise BundleError(
            f"The bundle {short(found)} has files that are not its own: {', '.join(added)}.", next_step=again
        )
    for name, expected in manifest.files.items():
        path = folder / name
        if path.is_symlink() or file_sha256(path) != expected:
            raise BundleError(
                f"The bundle {short(found)} was changed after it was sealed: {name} does not have its checksum.",
                next_step=again,
            )
    contract = Contract.read(folder / CONTRACT_FILE, error=BundleError)
    return Bundle(folder=folder, manifest=manifest, digest=found, contract=contract)


class BundleStore:
    """Bundles on this machine, one folder a digest."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, digest: str) -> Path:
        """Return the folder in which the bundle lies or would lie."""
        return self.root / digits(digest)

    def __contains__(self, digest: str) -> bool:
        return (self.path(digest) / MANIFEST).is_file()

    def get(self, digest: str) -> Bundle:
        """Return a bundle, verified.

        Raises BundleError when it is not here or damaged.
        """
        if digest not in self:
            raise BundleError(
                f"The bundle {short(digest)} is not on this machine.",
                next_step="git pull, then `trunkline deploy`: it fetches what the registry has",
            )
        return open_bundle(self.path(digest), digest=digest)

    def add(self, folder: Path) -> Bundle:
        """Copy a sealed folder into the store and return the bundle; adding the same one again changes nothing."""
        bundle = open_bundle(folder)
        if bundle.digest in self:
            return self.get(bundle.digest)
        home = self.path(bundle.digest)
        partial = home.with_name(f"{home.name}.{os.getpid()}.partial")
        try:
            shutil.rmtree(partial, ignore_errors=True)
            shutil.copytree(folder, partial)
            partial.rename(home)
        except OSError as error:
            shutil.rmtree(partial, ignore_errors=True)
            if bundle.digest in self:  # another process was quicker
                return self.get(bundle.digest)
            raise StorageError(
                f"Cannot write {home}: {error}.", next_step="make the folder writable"
            ) from error
        return self.get(bundle.digest)


def figures_by_name(figures: tuple[Figure, ...]) -> Mapping[str, Figure]:
    """Return the figures that were measured on all rows, by their name."""
    return {figure.name: figure for figure in figures if not figure.group}
