"""The image: the service with the bundles that it serves, built once, named by digest, asked before it is pushed."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import ClassVar

from trunkline.core.bundle import BundleStore
from trunkline.core.errors import NotFoundError, StorageError
from trunkline.core.record import Record
from trunkline.core.release import RELEASE_FILE, Release

from .engine import EPOCH
from .plan import routes_of

IMAGE_FILE = "image.json"
PINNED = re.compile(r"^FROM (\S+@sha256:[0-9a-f]{64})", re.MULTILINE)
USED = ("Dockerfile", ".dockerignore", "requirements", "vendor")


class Image(Record):
    """A built image. `digest` is the registry's, empty before a push."""

    SCHEMA: ClassVar[str] = "trunkline/image/1"

    name: str
    """Without tag, as `ghcr.io/owner/name`."""
    tag: str
    identity: str
    """The engine's own id of it."""
    bundles: tuple[str, ...]
    digest: str = ""
    size: int = 0
    """In bytes, unpacked; 0 where the engine does not tell."""

    @property
    def reference(self) -> str:
        """Return how to pull it: by digest once it was pushed."""
        return f"{self.name}@{self.digest}" if self.digest else f"{self.name}:{self.tag}"


def lay_out(context: Path, root: Path, release: Release, bundles: BundleStore) -> Path:
    """Make the folder that an image is built from: the Dockerfile and what it copies, and `release/`.

    Raises NotFoundError when the project has no Dockerfile.
    """
    if not (root / "Dockerfile").is_file():
        raise NotFoundError("The project has no Dockerfile.", value=str(root))
    try:
        shutil.rmtree(context, ignore_errors=True)
        context.mkdir(parents=True)
        for name in USED:
            source = root / name
            if source.is_dir():
                shutil.copytree(source, context / name, ignore=shutil.ignore_patterns("__pycache__"))
            elif source.is_file():
                shutil.copy(source, context / name)
        folder = context / "release"
        store = BundleStore(folder / "bundles")
        store.root.mkdir(parents=True)
        for route in routes_of(release):
            store.add(bundles.get(route.bundle).folder)
        release.write(folder / RELEASE_FILE)
        # An image keeps modes and times of its context: the service is another user than whoever sealed a bundle, and
        # the same inputs make the same layer.
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755 if path.is_dir() else 0o644)
            os.utime(path, (EPOCH, EPOCH))
    except OSError as error:
        raise StorageError(
            f"Cannot write {context}: {error}.", next_step="make the folder writable"
        ) from error
    return context


def pinned_base(root: Path) -> str:
    """Return the image by digest that the first stage of a project's Dockerfile names; empty where none does.

    The stages after it are told so: podman 4 does not see that a stage whose name comes in an ARG is needed.
    """
    found = PINNED.search((root / "Dockerfile").read_text(encoding="utf-8"))
    return found[1] if found else ""
