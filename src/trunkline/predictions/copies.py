"""Copies: a store's files on this machine, where they are read, compacted, and written back."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from trunkline.core.errors import StorageError
from trunkline.core.lock import only_one
from trunkline.core.record import Record, write_atomically

from .hourly import is_hourly
from .segments import (
    MANIFEST,
    PART,
    TRIES,
    Compacted,
    Segment,
    reaches,
    read_compacted,
    segment_of,
    segments_in,
)
from .stores import LogStore, belongs

RECORD = ".copied.json"


class Copy(Record):
    """What a file of the store was when it was copied, and what the copy was then."""

    tag: str
    written: int
    size: int


class Copied(Record):
    """The record of a copy: its files by name."""

    SCHEMA: ClassVar[str] = "trunkline/copied-log/1"

    files: dict[str, Copy] = Field(default_factory=dict)


class LogCopy:
    """A folder of this machine that holds what a store has; visitors of the folder take turns.

    Every method raises UnavailableError when the store does not answer, StorageError when it or the disk refuses.
    """

    def __init__(self, store: LogStore, folder: Path) -> None:
        self.store = store
        self.folder = folder
        self._there: tuple[str, ...] = ()
        """What the store had when it was last listed."""

    def bring(self, since: datetime | None = None) -> tuple[Segment, ...]:
        """Copy what is new, of `since` and later where that is given, and return the segments."""
        with self._alone():
            self._bring(since)
            return segments_in(self.folder)

    def change(self, act: Callable[[Path], object]) -> None:
        """Bring everything, let `act` change the folder, and write the changes back.

        Where another has compacted meanwhile, nothing is written back, and the copy is brought anew.
        """
        with self._alone():
            self._bring(None)
            before = {path.name for path in self.folder.iterdir()}
            act(self.folder)
            try:
                self._write_back()
            except FileExistsError:
                made = {path.name for path in self.folder.iterdir()} - before
                self.store.remove(sorted(name for name in made if name.endswith(PART)))
                self._bring(None)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with only_one(self.folder / ".copying", "Copying the prediction log", wait=True):
            yield

    def _bring(self, since: datetime | None) -> None:
        for _ in range(TRIES):
            try:
                self._bring_once(since)
            except FileNotFoundError:
                continue  # closed or compacted since the listing
            return
        raise StorageError("The log store changes faster than it can be copied.", next_step="try again")

    def _bring_once(self, since: datetime | None) -> None:
        stored = {each.name: each.tag for each in self.store.files(since)}
        self._there = tuple(stored)
        compacted = self._manifest(stored.get(MANIFEST, ""))
        parts = tuple(part for part in compacted.parts if reaches(part.name, since) or part.name in stored)
        if missing := [part.name for part in parts if part.name not in stored]:
            raise FileNotFoundError(missing[0])
        replaced = {stem for part in compacted.parts for stem in part.segments}
        named = {part.name for part in parts}
        segments = {name: segment_of(Path(name)) for name in stored}
        # An open one beside a closed one of its stem as well: only the content shows whether it is the same.
        wanted = {
            name
            for name, each in segments.items()
            if name in named or is_hourly(name) or (each is not None and each.stem not in replaced)
        }
        known = self._record().files
        copied = {name: self._fetched(name, stored[name], known.get(name)) for name in sorted(wanted)}
        manifest = self.folder / MANIFEST
        if MANIFEST in stored:
            write_atomically(manifest, Compacted(parts=parts).canonical())
            copied[MANIFEST] = _copy(manifest, stored[MANIFEST])
        else:
            manifest.unlink(missing_ok=True)
        for path in self.folder.iterdir():
            each = segment_of(path)
            gone = since is None or (each is not None and each.stem in replaced)
            if gone and belongs(path.name) and path.name not in {*wanted, MANIFEST}:
                path.unlink()
        kept = {name: copy for name, copy in known.items() if (self.folder / name).exists()}
        self._write_record(kept | copied)

    def _manifest(self, tag: str) -> Compacted:
        """Return the store's manifest; without one nothing was compacted."""
        if not tag:
            return Compacted()
        half = self.folder / f".{MANIFEST}.half"
        try:
            self.store.get(MANIFEST, half)
            return Compacted.read(half)
        finally:
            half.unlink(missing_ok=True)

    def _fetched(self, name: str, tag: str, known: Copy | None) -> Copy:
        path = self.folder / name
        if known is not None and known.tag == tag and path.exists():
            return known
        half = self.folder / f".{name}.half"
        try:
            self.store.get(name, half)
            half.replace(path)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise StorageError(
                f"Cannot write {path}: {error.strerror}.", next_step="free disk space"
            ) from error
        finally:
            half.unlink(missing_ok=True)
        return _copy(path, tag)

    def _write_back(self) -> None:
        known = self._record().files
        here = {path.name for path in self.folder.iterdir() if belongs(path.name)}
        changed = sorted(
            name
            for name in here
            if name not in known or _copy(self.folder / name, known[name].tag) != known[name]
        )
        before = known[MANIFEST].tag if MANIFEST in known else ""
        copied = dict(known)
        # Parts first, then the manifest that names them, then what they replace goes.
        for name in [
            *(name for name in changed if name != MANIFEST),
            *(name for name in changed if name == MANIFEST),
        ]:
            path = self.folder / name
            tag = self.store.put(name, path, replacing=before if name == MANIFEST else None)
            copied[name] = _copy(path, tag)
        replaced = {stem for part in read_compacted(self.folder).parts for stem in part.segments}
        self.store.remove(
            sorted((set(known) - here) | {name for name in self._there if _stem(name) in replaced})
        )
        self._write_record({name: copy for name, copy in copied.items() if name in here})

    def _record(self) -> Copied:
        path = self.folder / RECORD
        return Copied.read(path) if os.path.lexists(path) else Copied()

    def _write_record(self, files: dict[str, Copy]) -> None:
        write_atomically(self.folder / RECORD, Copied(files=files).canonical())


def _stem(name: str) -> str:
    segment = segment_of(Path(name))
    return segment.stem if segment else ""


def _copy(path: Path, tag: str) -> Copy:
    found = path.stat()
    return Copy(tag=tag, written=found.st_mtime_ns, size=found.st_size)


def segments_of(spool: Path, copy: LogCopy, since: datetime | None = None) -> tuple[Segment, ...]:
    """Return the segments of a log that is shipped, with what this machine's own service has not shipped yet.

    The spool is listed first: what is shipped in between has been there, and is in the copy afterwards.
    """
    own = segments_in(spool)
    brought = copy.bring(since)
    replaced = {stem for part in read_compacted(copy.folder).parts for stem in part.segments}
    best = {segment.stem: segment for segment in brought}
    # A segment that is still written to has more than its copy.
    best |= {
        each.stem: each for each in own if each.stem not in replaced and not best.get(each.stem, each).closed
    }
    return tuple(best[stem] for stem in sorted(best))
