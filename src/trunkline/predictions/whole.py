"""Whole: a segment that is in the log whole or not at all, under a name that its writer chooses.

Written again, it is the same file, so whoever repeats work that was cut off logs no answer twice.
"""

from __future__ import annotations

import fcntl
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from trunkline.core.errors import StorageError

from .closing import pack
from .durable import to_disk
from .records import Logged
from .segments import CLOSED, FORGETTING, closed_name
from .stores import LogStore
from .writer import lines_of


class WholeSegment:
    """Keeps records in a folder of its own until they go into the log together, each as of one time."""

    sync = False

    def __init__(self, scratch: Path, stem: str, time: datetime) -> None:
        self._path = scratch / "segment.jsonl"
        self._stem = stem
        self._time = time
        self._stream = self._path.open("wb")

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        self.close()

    def append(self, records: Sequence[Logged]) -> None:
        """Keep records. Raises StorageError when the disk does not take them."""
        try:
            self._stream.write(lines_of(records, time=self._time))
        except OSError as error:
            raise StorageError(
                f"Cannot write {self._path}: {error.strerror}.", next_step="free disk space"
            ) from error

    def mark(self) -> int:
        """Return how much is kept."""
        return self._stream.tell()

    def back_to(self, mark: int) -> None:
        """Forget what was kept since."""
        self._stream.seek(mark)
        self._stream.truncate()

    def close(self) -> None:
        """Write nothing more."""
        self._stream.close()

    def log(self, log: Path | LogStore) -> None:
        """Put what was kept into the log's folder, or into its store; nothing where nothing was."""
        self.close()
        if not self._path.stat().st_size:
            return
        name = closed_name(self._stem, self._time, self._time)
        packed = self._path.with_suffix(CLOSED)
        pack(self._path, packed)
        if not isinstance(log, Path):
            log.put(name, packed)
            return
        try:
            log.mkdir(parents=True, exist_ok=True, mode=0o750)
            half = log / f".{self._stem}.half"
            with (log / FORGETTING).open("w") as nobody_forgets:
                fcntl.flock(nobody_forgets, fcntl.LOCK_SH)
                pack(self._path, half)
                half.rename(log / name)
                to_disk(log)
        except OSError as error:
            raise StorageError(
                f"Cannot write the prediction log in {log}: {error.strerror}.",
                next_step="make the folder writable",
            ) from error
