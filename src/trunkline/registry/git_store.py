"""The embedded store in a git ref: brought to this machine, and carried back by compare-and-swap."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from trunkline.core.errors import StorageError
from trunkline.core.git import git
from trunkline.core.lock import only_one

from .relocation import ARTIFACTS
from .store_database import (
    check_carried,
    content_digest,
    copy_to_carry,
    revision_of,
    runs_in,
    take_over,
    versions_in,
)
from .store_files import DATABASE, MANIFEST, belongs, check_weight, files_to_carry
from .store_records import StoreManifest, StoreState, StoreStatus, difference, named
from .store_ref import REF, Entry, StoreRef, harmless

STATE = "store.json"
REPLACE = "`trunkline store push --replace` puts yours in its place"


class GitStore:
    """The store in `folder` (`.trunkline/`), carried in `refs/trunkline/store` of the clone's remote.

    Methods raise ForgeError when there is no remote or it refuses, UnavailableError when it does not answer, and
    StorageError when the ref or the store here is damaged, or the two would lose versions of each other.
    """

    def __init__(self, clone: Path, folder: Path, *, limit_mb: int, remote: str = "origin") -> None:
        self.folder = folder
        self.limit_mb = limit_mb
        self._clone = clone
        self._ref = StoreRef(clone, remote)
        self._database = folder / DATABASE

    def alone(self) -> AbstractContextManager[None]:
        """Keep other processes of this machine from changing the store meanwhile."""
        return only_one(self.folder / "store.lock", "A change of the carried store", wait=True)

    def pull(self, *, replace: bool = False) -> str:
        """Bring the ref's store here and return its commit, empty where there is none yet; only while alone.

        Runs that only this machine has stay. Versions that only it has stop the pull, unless an unfinished act made
        them (it will be repeated), or `replace` gives them up.
        """
        tip, state = self._ref.tip(), self._state()
        here = versions_in(self._database)
        if not tip:
            return ""
        if tip == state.commit and not replace and not difference(state.versions, here):
            return tip
        commit = self._ref.fetch()
        entries = self._ref.entries(commit)
        with self._beside("incoming") as incoming:
            manifest = self._unpack(entries, incoming)
            own = difference(difference(here, manifest.versions), state.versions)
            if state.before is not None:
                own = {version: digest for version, digest in own.items() if version in state.before}
            if own and not replace:
                raise StorageError(
                    f"The store here has versions that {REF} lacks or has with another bundle: {named(own)}.",
                    next_step="`trunkline store pull --replace` gives yours up (`trunkline release` registers them"
                    " anew), `trunkline store push --replace` puts yours in the place of the ref's; "
                    "`trunkline store status` shows both",
                )
            kept = {path: entry for path, entry in entries.items() if path.startswith(f"{ARTIFACTS}/")}
            self._ref.write(kept, self.folder)
            take_over(incoming / DATABASE, self._database, self.folder)
        self._keep(StoreState(commit=commit, versions=manifest.versions))
        return commit

    def begin(self) -> None:
        """Write down which versions are here before an act that will be carried."""
        state = self._state()
        if state.before is None:
            self._keep(state.model_copy(update={"before": versions_in(self._database)}))

    def settle(self) -> None:
        """Forget an act that failed, if it registered nothing."""
        state = self._state()
        if state.before is not None and not difference(versions_in(self._database), state.before):
            self._keep(state.model_copy(update={"before": None}))

    def push(self, *, expected: str, replace: bool = False) -> bool:
        """Carry the store to the ref if that still has the commit `expected`, and return whether it had.

        A store that equals what the ref has is not pushed; with `replace` nobody asks what the ref holds.
        Raises StorageError when the store weighs too much.
        """
        if not self._database.is_file():
            return True
        # Another clone than the one that pulled may have this folder as its own (TRUNKLINE_HOME).
        if expected and not self._ref.has(expected) and self._ref.fetch() != expected:
            return False
        known = self._ref.entries(expected) if expected and not replace else {}
        with self._beside("outgoing") as outgoing:
            files = self._pack(outgoing)
            check_weight({path: file.stat().st_size for path, file in files.items()}, self.limit_mb)
            manifest = StoreManifest.read(files[MANIFEST])
            same: dict[str, Entry] = {}
            if known and self._manifest(known).database == manifest.database:
                same = {DATABASE: known[DATABASE]}  # the same rows may lie on other pages
            commit = self._ref.commit(files, known=same)
        if commit != expected and not self._ref.replace(commit, expected=expected):
            return False
        self._keep(StoreState(commit=commit, versions=manifest.versions))
        return True

    def tip(self) -> str:
        """Return the commit of the ref, empty where there is none yet, brought into the clone."""
        return self._ref.fetch() if self._ref.tip() else ""

    def versions(self) -> dict[str, str]:
        """Return the versions on this machine, as `<model>/<number>` to the digest of the bundle."""
        return versions_in(self._database)

    def given_up(self, commit: str) -> str:
        """Return in words the versions of a commit that this machine lacks; why they cannot be told, if they cannot."""
        if not commit:
            return ""
        try:
            return named(difference(self._manifest(self._ref.entries(commit)).versions, self.versions()))
        except StorageError as error:
            return error.what

    def status(self) -> StoreStatus:
        """Return how the store here and the ref compare; nothing is changed."""
        here = versions_in(self._database)
        commit = self.tip()
        if not commit:
            return StoreStatus(commit="", files=0, megabytes=0.0, there={}, here=here)
        entries = self._ref.entries(commit)
        return StoreStatus(
            commit=commit,
            files=len(entries),
            megabytes=round(sum(entry.size for entry in entries.values()) / 1e6, 3),
            there=self._manifest(entries).versions,
            here=here,
        )

    def _pack(self, outgoing: Path) -> dict[str, Path]:
        copy = outgoing / DATABASE
        copy_to_carry(self._database, copy, self.folder)
        versions = versions_in(copy)
        files = files_to_carry(self.folder, runs=frozenset(runs_in(copy)))
        if strange := [path for path in files if not harmless(path)]:
            raise StorageError(
                "The store has a file whose name does not travel to every system.",
                value=strange[0],
                next_step="rename it in the project, and release again",
            )
        manifest = StoreManifest(
            project=self._place(),
            revision=revision_of(copy),
            database=content_digest(copy),
            versions=versions,
        )
        manifest.write(outgoing / MANIFEST)
        return files | {DATABASE: copy, MANIFEST: outgoing / MANIFEST}

    def _unpack(self, entries: Mapping[str, Entry], incoming: Path) -> StoreManifest:
        """Write the database of a commit below `incoming` and return its manifest, both checked."""
        manifest = self._manifest(entries)
        if strange := sorted(path for path in entries if not belongs(path)):
            raise StorageError(
                f"The ref {REF} holds something that no store has.", value=strange[0], next_step=REPLACE
            )
        if DATABASE not in entries:
            raise StorageError(f"The ref {REF} lacks {DATABASE}.", next_step=REPLACE)
        self._ref.write({DATABASE: entries[DATABASE]}, incoming)
        copy = incoming / DATABASE
        try:
            check_carried(copy)
            sound = content_digest(copy) == manifest.database and versions_in(copy) == manifest.versions
        except StorageError as error:
            raise StorageError(
                f"The store in {REF} cannot be used: {error.what}", next_step=REPLACE
            ) from error
        if not sound:
            raise StorageError(
                f"The database in {REF} is not the one that its manifest describes.",
                next_step=f"find out who wrote it; {REPLACE}",
            )
        return manifest

    def _manifest(self, entries: Mapping[str, Entry]) -> StoreManifest:
        if MANIFEST not in entries:
            raise StorageError(
                f"The ref {REF} was not written by Trunkline: it has no {MANIFEST}.",
                value=sorted(entries)[:3],
                next_step=f"find out who uses that ref; {REPLACE}",
            )
        with self._beside("manifest") as folder:
            self._ref.write({MANIFEST: entries[MANIFEST]}, folder)
            try:
                manifest = StoreManifest.read(folder / MANIFEST)
            except StorageError as error:
                said = error.what.replace(str(folder / MANIFEST), MANIFEST)
                raise StorageError(f"The ref {REF} cannot be read: {said}", next_step=REPLACE) from error
        if manifest.project != self._place():
            raise StorageError(
                f"The ref {REF} belongs to another project of this repository.",
                value=manifest.project or "(the root)",
                next_step="give this project an MLflow server (registry.uri) or a repository of its own",
            )
        return manifest

    def _place(self) -> str:
        return git(self._clone, "rev-parse", "--show-prefix")

    def _state(self) -> StoreState:
        path = self.folder / STATE
        return StoreState.read(path) if path.is_file() else StoreState()

    def _keep(self, state: StoreState) -> None:
        state.write(self.folder / STATE)

    @contextmanager
    def _beside(self, purpose: str) -> Iterator[Path]:
        """Yield a fresh folder on the disk of the store, gone afterwards."""
        path = Path(tempfile.mkdtemp(dir=self._made(), prefix=f".store-{purpose}-"))
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def _made(self) -> Path:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StorageError(
                f"Cannot write {self.folder}: {error.strerror}.", next_step="make the folder writable"
            ) from error
        return self.folder
