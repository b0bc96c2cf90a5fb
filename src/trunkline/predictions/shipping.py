"""Shipping: what a service logged and was told goes to a store, every minute and at the end; no answer waits for it."""

from __future__ import annotations

import fcntl
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from trunkline.core.errors import TrunklineError

from .closing import close_left
from .hourly import finished, hourly_files
from .segments import FORGETTING, MANIFEST, Compacted, Segment, segments_in
from .stores import LogStore

EVERY_S = 60.0
ROUNDS = 3
"""How often a round begins again because a segment was closed meanwhile."""
SIZE = 8 * 2**20
"""Bytes of a segment that is shipped: what is open goes over the line whole, again and again."""


@dataclass(frozen=True)
class Behind:
    """What a power cut or a lost disk would cost: records that the store does not have yet."""

    records: int
    seconds: float
    """The age of the oldest of them; 0 where there is none."""
    trouble: str = ""
    """Why the last round failed; empty when it did not."""


class Backlog:
    """Counts what was logged and not shipped."""

    def __init__(self, oldest: datetime | None = None) -> None:
        self._lock = threading.Lock()
        self._logged = 0
        self._shipped = 0
        self._oldest = oldest
        self._next: datetime | None = None

    def logged(self, records: int, now: datetime) -> None:
        """Count records that were just logged."""
        with self._lock:
            self._logged += records
            self._oldest = self._oldest or now
            self._next = self._next or now

    def begin(self) -> int:
        """Return a mark: what was logged before it belongs to the round that begins."""
        with self._lock:
            self._next = None
            return self._logged

    def shipped(self, mark: int) -> None:
        """Take what was logged before the mark off the count."""
        with self._lock:
            self._shipped = mark
            self._oldest = self._next

    def behind(self, now: datetime, trouble: str = "") -> Behind:
        """Return how much is not shipped, and for how long."""
        with self._lock:
            age = (now - self._oldest).total_seconds() if self._oldest else 0.0
            return Behind(self._logged - self._shipped, max(0.0, age), trouble)


class Shipper:
    """Ships the segments of a folder in a thread of its own; closed ones leave the folder once the store has them.

    A store that does not answer is tried again at the next round, and the folder keeps everything meanwhile. `told`
    hears of a failure, and with an empty text that it is over.
    """

    def __init__(
        self,
        folder: Path,
        store: LogStore,
        *,
        every: float = EVERY_S,
        told: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._folder = folder
        self._store = store
        self._every = every
        self._told = told
        close_left(folder)
        left = [_opened_at(segment) for segment in segments_in(folder) if not segment.part]
        self.backlog = Backlog(min(left, default=None))
        self._there: dict[str, tuple[int, int]] | None = None
        """What the store has of this folder: when each file was written, and its size."""
        self._trouble = ""
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work, name="log-shipping", daemon=True)

    def start(self) -> None:
        """Begin to ship."""
        self._thread.start()

    def behind(self) -> Behind:
        """Return what is not shipped."""
        return self.backlog.behind(datetime.now(UTC), self._trouble)

    def stop(self) -> None:
        """Ship what is left, once; what the store does not take stays in the folder for the next start."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join()
        self.ship()

    def ship(self) -> bool:
        """Ship once what the store does not have, and return whether it has everything now."""
        mark = self.backlog.begin()
        whole = False
        try:
            with (self._folder / FORGETTING).open("w") as nobody_forgets:
                fcntl.flock(nobody_forgets, fcntl.LOCK_SH)
                whole = any(self._ship() for _ in range(ROUNDS))
        except (TrunklineError, OSError) as error:
            trouble = str(error)
        else:
            trouble = ""
        if whole:
            self.backlog.shipped(mark)
        if trouble != self._trouble:
            self._trouble = trouble
            self._told(trouble)
        return whole

    def _work(self) -> None:
        while not self._end.wait(self._every):
            self.ship()

    def _ship(self) -> bool:
        """Ship what is there, and return whether nothing was closed meanwhile under another name."""
        whole = True
        stored = {each.name for each in self._store.files()} if self._there is None else set()
        compacted = self._compacted() if MANIFEST in stored else frozenset()
        there = self._there or {}
        for segment in segments_in(self._folder):
            if segment.part:
                continue
            path, name = segment.path, segment.path.name
            try:
                found = path.stat()
                now = found.st_mtime_ns, found.st_size
                known = segment.stem in compacted or (segment.closed and name in stored)
                if there.get(name) != now and found.st_size and not known:
                    self._store.put(name, path if segment.closed else _whole_lines(path))
                there[name] = now
                if segment.closed:
                    self._store.remove([f"{segment.stem}.jsonl"])
                    path.unlink()
                    there.pop(name)
            except FileNotFoundError:
                whole = False
        for path in hourly_files([self._folder]):
            found = path.stat()
            now = found.st_mtime_ns, found.st_size
            if there.get(path.name) != now:
                self._store.put(path.name, _whole_lines(path))
            there[path.name] = now
            if finished(path.name, datetime.now(UTC)):
                path.unlink()
                there.pop(path.name)
        self._there = there
        return whole

    def _compacted(self) -> frozenset[str]:
        """Return the stems that the store has in its parts already."""
        with TemporaryDirectory(prefix="trunkline-") as folder:
            path = Path(folder) / MANIFEST
            self._store.get(MANIFEST, path)
            return frozenset(stem for part in Compacted.read(path).parts for stem in part.segments)


def _whole_lines(path: Path) -> bytes:
    """Return what is written whole: the last line may be on its way."""
    content = path.read_bytes()
    return content[: content.rfind(b"\n") + 1]


def _opened_at(segment: Segment) -> datetime:
    if segment.first is not None:
        return segment.first
    return datetime.fromtimestamp(segment.path.stat().st_mtime, UTC)
