"""A registry: where sealed bundles are kept for other machines, found by digest and by nothing else."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from trunkline.core.bundle import Bundle, BundleStore, open_bundle
from trunkline.core.errors import BundleError
from trunkline.core.plugins import OURS, plugin
from trunkline.core.record import short


@dataclass(frozen=True)
class Place:
    """What a registry may need to know of a project."""

    clone: Path
    """A folder of the project's repository."""
    name: str
    """The model's name."""
    uri: str
    """MLflow's address."""
    limit_mb: int
    """The most that one bundle may weigh in git."""


class Source(Protocol):
    """Gives bundles by digest."""

    def fetch(self, digest: str, folder: Path) -> Path:
        """Write the files of a bundle below `folder` and return where they lie.

        Raises NotFoundError when there is none, BundleError when its files are gone.
        """
        ...


class Registry(Source, Protocol):
    """Keeps bundles; what number a version has, main says.

    Nothing is opened before it is used. Methods raise UnavailableError when a server does not answer, StorageError or
    ForgeError when it refuses. Whoever may write to a registry could replace what it holds, so nothing that it says is
    believed: `fetched` compares what comes with a digest that main names.
    """

    def __init__(self, place: Place) -> None: ...

    def digests(self) -> frozenset[str]:
        """Return the digests of all bundles."""
        ...

    def put(self, bundle: Bundle, *, number: int, run: str = "") -> None:
        """Keep a bundle as version `number`; doing it again changes nothing.

        `run` is the MLflow run that trained it, for a registry that knows runs.
        """
        ...

    def since(self, digest: str) -> datetime:
        """Return when a bundle came.

        Raises NotFoundError when there is none.
        """
        ...

    def remove(self, digests: Iterable[str]) -> None:
        """Remove bundles; those that are not there are passed over."""
        ...


def open_registry(kind: str, place: Place, *, table: Mapping[str, Mapping[str, str]] = OURS) -> Registry:
    """Return the registry of a kind; `table` lists the kinds.

    Raises PolicyError when there is no such kind, or it cannot be had with this name or address.
    """
    made: Registry = plugin("registries", kind, table=table)(place)
    return made


def fetched(source: Source, digest: str, store: BundleStore) -> Bundle:
    """Return a bundle from the store, brought there first if it is missing or damaged.

    Raises NotFoundError when the registry has none, BundleError when its copy is not what was sealed; it is then not
    stored.
    """
    if digest in store:
        try:
            return store.get(digest)
        except BundleError:
            pass  # fetching again is what mends it
    with tempfile.TemporaryDirectory(prefix="trunkline-") as folder:
        brought = source.fetch(digest, Path(folder))
        try:
            sound = open_bundle(brought, digest=digest)
        except BundleError as error:
            raise BundleError(
                f"The registry's copy of {short(digest)} is not the bundle that was registered, and was not taken: "
                f"{error.what}",
                next_step="find out who changed it; training the same commit again gives the same bundle",
            ) from error
        shutil.rmtree(store.path(digest), ignore_errors=True)
        return store.add(sound.folder)
