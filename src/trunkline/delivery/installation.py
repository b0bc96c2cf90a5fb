"""The installation: what a release runs with, copied once and never changed, so no checkout changes a service."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import venv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import ClassVar

import trunkline
from trunkline.core.errors import ProjectError, StorageError
from trunkline.core.lock import only_one
from trunkline.core.locked import Locked, canonical_name, read_lock
from trunkline.core.progress import Progress
from trunkline.core.record import Record, canonical_json, digits, file_sha256, sha256
from trunkline.core.surroundings import surroundings

from .copies import copy_package, protect, record_of, remove, toolkit_files, write_file
from .runtime_locks import runtime_locks

MANIFEST = "installation.json"
TOOLKIT = "trunkline"
TRIED = {
    False: "import trunkline.serving.__main__",
    True: "import trunkline.serving.__main__, trunkline.training.worker",
}
"""What is imported before an installation is used: it has all it needs, and keeps the compiled form."""
PATIENCE_S = 300.0
EVERY_S = 4.0
"""How often a long copy says how far it is."""
UNUSED_S = 3600.0
"""An installation that nothing names may be one that another deployment is about to use."""


class Contents(Record):
    """What an installation holds. Its digest names its folder."""

    SCHEMA: ClassVar[str] = "trunkline/installation/1"

    python: str
    """The interpreter, which stays where it is, and its version."""
    packages: dict[str, str]
    """Name to version."""
    records: dict[str, str]
    """Name to the digest of the list of its files, each with its own digest."""
    toolkit: str
    """The digest of the toolkit's files."""
    training: bool
    """Whether it holds what a model in Python needs."""

    @property
    def digest(self) -> str:
        """Return the digest of the contents."""
        return sha256(self.canonical())

    def change_to(self, other: Contents) -> str:
        """Return in words what differs in another installation."""
        names = sorted(self.packages.keys() | other.packages.keys())
        moved = [
            f"{name} {self.packages.get(name, 'none')} becomes {other.packages.get(name, 'none')}"
            for name in names
            if self.packages.get(name) != other.packages.get(name)
        ]
        if self.python != other.python:
            moved.insert(0, f"{self.python} becomes {other.python}")
        if self.toolkit != other.toolkit:
            moved.append("the toolkit changed")
        more = f" and {len(moved) - 4} more" if len(moved) > 4 else ""
        return ", ".join(moved[:4]) + more or "a package was rebuilt"


@dataclass(frozen=True)
class Installations:
    """The installations of this machine, one folder a digest, made from the packages of the environment that deploys.

    `locks` is the folder of the project's locks. Only packages that they name are copied, file by file as the installer
    recorded them: whatever else lies in that environment stays behind.
    """

    root: Path
    locks: Path
    progress: Progress = lambda _: None
    unused_s: float = UNUSED_S
    tried: Mapping[bool, str] = field(default_factory=lambda: TRIED)

    def wanted(self, *, training: bool) -> Contents:
        """Return what a release would run with now; `training` where one of its models runs in Python.

        Raises ProjectError when the environment does not hold what the locks name.
        """
        found = dict(self._locked(training=training))
        toolkit = toolkit_files()
        records = {name: sha256(record_of(each).encode()) for name, each in found.items()}
        return Contents(
            python=f"{_interpreter()} ({sys.version.split()[0]})",
            packages={name: each.version for name, each in found.items()} | {TOOLKIT: trunkline.__version__},
            records=records,
            toolkit=sha256(canonical_json({name: file_sha256(path) for name, path in toolkit.items()})),
            training=training,
        )

    def bring(self, wanted: Contents) -> Path:
        """Return the folder of an installation, made if it is not there.

        Raises ProjectError when a file of the environment is not what was installed or what was copied does not work,
        StorageError when the folder cannot be written.
        """
        home = self.path(wanted.digest)
        with only_one(self.root / "installing.lock", "An installation", wait=True):
            if not (home / MANIFEST).is_file():
                self._make(home, wanted)
            os.utime(home / MANIFEST)
        return home

    def path(self, digest: str) -> Path:
        """Return the folder in which an installation lies or would lie."""
        return self.root / digits(digest)

    def read(self, digest: str) -> Contents | None:
        """Return what an installation holds; None where it is not here."""
        path = self.path(digest) / MANIFEST
        return Contents.read(path) if digest and path.is_file() else None

    def prune(self, needed: Iterable[str]) -> None:
        """Remove the installations that nothing serves from and that nobody asked for lately."""
        kept = {self.path(digest) for digest in needed if digest}
        with only_one(self.root / "installing.lock", "An installation", wait=True):
            for folder in self.root.iterdir():
                manifest = folder / MANIFEST
                lately = manifest.is_file() and time.time() - manifest.stat().st_mtime < self.unused_s
                if folder.is_dir() and folder not in kept and not lately:
                    remove(folder)

    def _locked(self, *, training: bool) -> Iterator[tuple[str, metadata.Distribution]]:
        named: dict[str, Locked] = {}
        for lock in runtime_locks(self.locks, training=training):
            for line in read_lock(self.locks / f"{lock}.txt"):
                named[line.name] = line.also(named.get(line.name))
        present: dict[str, metadata.Distribution] = {}
        for each in metadata.distributions(path=sys.path):
            # The first on the path is the one that is imported.
            present.setdefault(canonical_name(each.name or ""), each)
        for name, locked in sorted(named.items()):
            found = present.get(name)
            if found is None and locked.conditional:
                continue  # of another system or another Python
            if found is None or found.version not in locked.versions:
                raise ProjectError(
                    f"The environment differs from the locks: {name} {' or '.join(sorted(locked.versions))} is"
                    f" locked, {found.version if found else 'nothing'} is installed.",
                    next_step="make setup, then deploy again",
                )
            yield name, found

    def _make(self, home: Path, wanted: Contents) -> None:
        self.progress(f"copying {len(wanted.packages)} packages to {home}: this release runs from there")
        partial = home.with_name(f"{home.name}.partial")
        try:
            remove(partial)
            venv.EnvBuilder(symlinks=True, with_pip=False).create(partial)
            site = next((partial / "lib").glob("python*")) / "site-packages"
            said = time.monotonic()
            for number, (name, found) in enumerate(self._locked(training=wanted.training), start=1):
                if time.monotonic() - said > EVERY_S:
                    said = time.monotonic()
                    self.progress(f"copied {number} of {len(wanted.packages)} packages")
                copy_package(name, found, site)
            for path, source in toolkit_files().items():
                write_file(site / TOOLKIT / path, source.read_bytes())
            self._try(partial, wanted)
            wanted.write(partial / MANIFEST)
            partial.rename(home)
            protect(home)
        except OSError as error:
            raise StorageError(
                f"Cannot write {home}: {error.strerror or error}.",
                next_step="make the folder writable, or free disk space",
            ) from error
        finally:
            remove(partial)

    def _try(self, folder: Path, wanted: Contents) -> None:
        begun = time.monotonic()
        said: list[str] = []
        words = [str(interpreter_of(folder)), "-I", "-c", self.tried[wanted.training]]
        with subprocess.Popen(
            words,
            cwd=folder,
            env=surroundings(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
        ) as tried:
            while not said and tried.returncode is None:
                try:
                    _, errors = tried.communicate(timeout=EVERY_S)
                    said = errors.strip().splitlines()[-1:] if tried.returncode else []
                except subprocess.TimeoutExpired:
                    self.progress("importing them for the first time")
                    if time.monotonic() - begun > PATIENCE_S:
                        tried.kill()
                        said = [f"it did not answer within {PATIENCE_S:g} s"]
            failed = bool(said) or bool(tried.returncode)
        if failed:
            raise ProjectError(
                f"The packages of the serving lock do not start the service: {' '.join(said) or 'no message'}.",
                next_step="make lock, make setup, then deploy again",
            )


def interpreter_of(folder: Path) -> Path:
    """Return the interpreter of an installation."""
    return folder / "bin" / "python"


def _interpreter() -> str:
    return str(Path(getattr(sys, "_base_executable", sys.executable)).resolve())
