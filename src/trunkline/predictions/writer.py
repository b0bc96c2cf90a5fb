"""The prediction log as it is written: every answer on disk before it is given."""

from __future__ import annotations

import fcntl
import os
import secrets
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import orjson
from pydantic import TypeAdapter

from trunkline.core.errors import StorageError

from .closing import close_segment
from .durable import to_disk
from .records import Logged
from .segments import OPEN, SLACK, TIME

SIZE = 64 * 2**20
"""Bytes of a segment, before it is compressed to about a seventh."""


class Log(Protocol):
    """What a service writes its log to."""

    sync: bool
    """Whether each record is forced to disk, which takes a while."""

    def append(self, records: Sequence[Logged]) -> None:
        """Write records, all of them or none. Raises StorageError where they cannot be kept."""
        ...

    def close(self) -> None:
        """Write nothing more."""
        ...


@dataclass
class _Open:
    """The segment that is appended to."""

    path: Path
    file: int
    size: int = 0
    first: datetime | None = None
    last: datetime | None = None

    def takes(self, first: datetime, more: int, limit: int) -> bool:
        """Return whether records that begin at `first` belong here: same hour, room left, clock not gone back."""
        if self.first is None or self.last is None:
            return True
        return _hour(first) == _hour(self.first) and self.size + more <= limit and first >= self.last - SLACK


class LogWriter:
    """Appends to segments of JSON lines in a folder; a segment is closed when it is full, and every hour.

    The lines of one answer are one write to the kernel, so a killed service loses no answer that it gave; with `sync`
    they are also forced to disk, so that a power cut loses none either. A closed segment is compressed in the
    background and says in its name from when to when its records are. A segment whose writer was killed stays open.
    `noted` hears how many records were written, and when.
    """

    def __init__(
        self,
        folder: Path,
        *,
        sync: bool = False,
        size: int = SIZE,
        noted: Callable[[int, datetime], None] | None = None,
    ) -> None:
        self.sync = sync
        self._noted = noted
        self._folder = folder
        self._limit = size
        self._lock = threading.Lock()
        self._closing = ThreadPoolExecutor(1, thread_name_prefix="log-segments")
        self._ended = False
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o750)
            self._open = _opened(folder)
            if sync:
                to_disk(folder)
        except OSError as error:
            raise StorageError(
                f"Cannot write the prediction log in {folder}: {error.strerror}.",
                next_step="make the folder writable, or choose another with --log-folder",
            ) from error

    @property
    def path(self) -> Path:
        """Return the file that is appended to."""
        return self._open.path

    def append(self, records: Sequence[Logged]) -> None:
        """Write records, all of them or none.

        Raises StorageError when the disk does not take them; the answer must not be given then.
        """
        if not records:
            return
        lines = lines_of(records)
        times = [record.time for record in records]
        with self._lock:
            if not self._open.takes(min(times), len(lines), self._limit):
                self._begin_another()
            self._write(lines)
            self._open.first = min(self._open.first or times[0], *times)
            self._open.last = max(self._open.last or times[0], *times)
            if self._noted:
                self._noted(len(records), datetime.now(UTC))

    def close(self) -> None:
        """Force what was written to disk and close the file; closing twice changes nothing."""
        with self._lock:
            if not self._ended:
                self._ended = True
                with suppress(OSError):
                    os.fsync(self._open.file)
                os.close(self._open.file)
        self._closing.shutdown()

    def _write(self, lines: bytes) -> None:
        segment = self._open
        try:
            if self._ended:
                raise OSError(9, "it is closed")
            rest = memoryview(lines)
            while rest:
                rest = rest[os.write(segment.file, rest) :]
            if self.sync:
                os.fdatasync(segment.file)
        except OSError as error:
            # A torn line would swallow the next one.
            with suppress(OSError):
                os.ftruncate(segment.file, segment.size)
            raise StorageError(
                f"Cannot write to the prediction log {segment.path}: {error.strerror}.",
                next_step="free disk space",
            ) from error
        segment.size += len(lines)

    def _begin_another(self) -> None:
        if self._ended:
            return
        before = self._open
        try:
            self._open = _opened(self._folder)
        except OSError:
            # Better a segment that is too long than no answers: where it cannot grow, the write says so.
            return
        self._closing.submit(_close, before)
        if self.sync:
            with suppress(OSError):
                to_disk(self._folder)


def lines_of(records: Sequence[Logged], *, time: datetime | None = None) -> bytes:
    """Return records as lines of the log, each as of `time` where one is given."""
    same = {} if time is None else {"time": TypeAdapter(datetime).dump_python(time, mode="json")}
    return b"".join(
        orjson.dumps(record.to_dict() | same, option=orjson.OPT_APPEND_NEWLINE) for record in records
    )


def _hour(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _opened(folder: Path) -> _Open:
    # The time alone may be there already: in a container every start has the same process number, and clocks go back.
    stem = f"{datetime.now(UTC):{TIME}}-{os.getpid()}-{secrets.token_hex(4)}"
    path = folder / (stem + OPEN)
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
    with suppress(OSError):
        # Held as long as it is appended to: whoever compacts the log leaves it alone.
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return _Open(path, file)


def _close(segment: _Open) -> None:
    """Close a segment that has records, and let it go."""
    try:
        if segment.first is not None and segment.last is not None:
            close_segment(segment.path, segment.first, segment.last)
    finally:
        os.close(segment.file)
