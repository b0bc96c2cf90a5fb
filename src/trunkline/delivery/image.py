"""The image: the service with the bundles that it serves, built once, named by digest, asked before it is pushed."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from trunkline.core.bundle import BundleStore
from trunkline.core.errors import ApplyError, NotFoundError, StorageError
from trunkline.core.record import Record
from trunkline.core.records import RELEASE_FILE, Release

from .plan import routes_of

ENGINES = ("docker", "podman")
PORT = 8000
"""The port on which the image answers."""
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
    except OSError as error:
        raise StorageError(
            f"Cannot write {context}: {error}.", next_step="make the folder writable"
        ) from error
    return context


@dataclass(frozen=True)
class Engine:
    """docker or podman, whichever this machine has."""

    program: str

    @classmethod
    def find(cls) -> Engine:
        """Return the engine of this machine; raise NotFoundError when it has none that answers."""
        for name in ENGINES:
            program = shutil.which(name)
            if (
                program
                and subprocess.run([program, "info"], capture_output=True, check=False).returncode == 0
            ):
                return cls(program)
        raise NotFoundError(
            f"An image needs {' or '.join(ENGINES)}, and neither answers here.",
            next_step="install and start one, or let the workflow build it",
        )

    def build(self, context: Path, name: str, tag: str, *, arguments: Sequence[str] = ()) -> str:
        """Build the image of a context and return its id."""
        flags = [flag for argument in arguments for flag in ("--build-arg", argument)]
        self._call("build", "--tag", f"{name}:{tag}", *flags, str(context))
        return self._call("image", "inspect", "--format", "{{.Id}}", f"{name}:{tag}")

    def start(self, reference: str) -> str:
        """Start a container as production would, without any right that it does not need, and return its id."""
        return self._call(
            *("run", "--detach", "--read-only", "--tmpfs", "/tmp", "--tmpfs", "/srv/log:mode=1777"),  # noqa: S108
            *("--cap-drop=ALL", "--security-opt", "no-new-privileges"),
            *("--publish", f"127.0.0.1::{PORT}", reference),
        )

    def address(self, container: str) -> str:
        """Return where a container answers."""
        return "http://" + self._call("port", container, str(PORT)).splitlines()[0].rpartition("-> ")[2]

    def words(self, container: str) -> str:
        """Return the last lines that a container wrote."""
        done = subprocess.run(
            [self.program, "logs", "--tail", "20", container], capture_output=True, text=True, check=False
        )
        return (done.stdout + done.stderr).strip()

    def remove(self, container: str) -> None:
        """Stop and remove a container."""
        self._call("rm", "--force", container)

    def push(self, name: str, tag: str) -> str:
        """Push an image and return the digest by which the registry knows it."""
        self._call("push", f"{name}:{tag}")
        known = json.loads(
            self._call("image", "inspect", "--format", "{{json .RepoDigests}}", f"{name}:{tag}")
        )
        for reference in known:
            place, _, digest = reference.partition("@")
            if place == name:
                return str(digest)
        raise ApplyError(f"The engine does not know the digest of {name}:{tag} after the push.", value=known)

    def _call(self, *words: str) -> str:
        done = subprocess.run([self.program, *words], capture_output=True, text=True, check=False)
        if done.returncode:
            said = " ".join((done.stderr or done.stdout).split())[-600:]
            raise ApplyError(
                f"{Path(self.program).name} {words[0]} failed: {said}",
                next_step=f"run `{Path(self.program).name} {' '.join(words[:2])} ...` to see why",
            )
        return done.stdout.strip()
