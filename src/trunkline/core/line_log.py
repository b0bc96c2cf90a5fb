"""A log of records, one a line, that outlives whoever was killed while writing it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from .errors import StorageError
from .record import Record

BLOCK = 65_536


def append(path: Path, records: Iterable[Record]) -> None:
    """Append records to a file, on the disk when it returns; a line that was never written whole is taken away first.

    Its owner and the group may read it. Raises StorageError when the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(path, "a+b", opener=_opened) as stream:
            if sys.platform != "win32":
                import fcntl

                # Another's line that is on its way is no torn one.
                fcntl.flock(stream, fcntl.LOCK_EX)
            stream.truncate(_end_of_whole_lines(stream))
            stream.write("".join(record.line() for record in records).encode())
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise StorageError(
            f"Cannot write {path}: {error.strerror}.", next_step="make the folder writable"
        ) from error


def _opened(path: str, flags: int) -> int:
    return os.open(path, flags, 0o640)


def _end_of_whole_lines(stream: BinaryIO) -> int:
    """Return the place behind the last end of a line, found from the end of the file."""
    place = stream.seek(0, os.SEEK_END)
    while place:
        start = max(0, place - BLOCK)
        stream.seek(start)
        found = stream.read(place - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        place = start
    return 0
