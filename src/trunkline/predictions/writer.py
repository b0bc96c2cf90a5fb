"""The prediction log: every answer on disk before it is given."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import orjson

from trunkline.core.errors import StorageError

from .records import Prediction, Rejection


class LogWriter:
    """An append-only file of JSON lines, one file a start of the service.

    The lines of one answer are one write to the kernel, so a killed service loses no answer that it gave;
    with `sync` they are also forced to disk, so that a power cut loses none either.
    """

    def __init__(self, folder: Path, *, sync: bool = False) -> None:
        self.sync = sync
        self._lock = threading.Lock()
        name = f"{datetime.now(UTC):%Y%m%dt%H%M%S}-{os.getpid()}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self.path, self._file = _create(folder, name)
            if sync:
                _sync_folder(folder)
        except OSError as error:
            raise StorageError(
                f"Cannot write the prediction log in {folder}: {error.strerror}.",
                next_step="make the folder writable, or choose another with --log-folder",
            ) from error
        self._size = 0

    def append(self, records: Sequence[Prediction | Rejection]) -> None:
        """Write records, all of them or none.

        Raises StorageError when the disk does not take them; the answer must not be given then.
        """
        lines = b"".join(
            orjson.dumps(record.to_dict(), option=orjson.OPT_APPEND_NEWLINE) for record in records
        )
        with self._lock:
            try:
                rest = memoryview(lines)
                while rest:
                    rest = rest[os.write(self._file, rest) :]
                if self.sync:
                    os.fdatasync(self._file)
            except OSError as error:
                # A torn line would swallow the next one.
                with suppress(OSError):
                    os.ftruncate(self._file, self._size)
                raise StorageError(
                    f"Cannot write to the prediction log {self.path}: {error.strerror}.",
                    next_step="free disk space",
                ) from error
            self._size += len(lines)

    def close(self) -> None:
        """Force what was written to disk and close the file; closing twice changes nothing."""
        with self._lock:
            if self._file >= 0:
                with suppress(OSError):
                    os.fsync(self._file)
                os.close(self._file)
                self._file = -1


def _create(folder: Path, name: str) -> tuple[Path, int]:
    # In a container every start has the same process number, and two starts may fall in one second.
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    for count in range(1000):
        path = folder / (f"{name}-{count}.jsonl" if count else f"{name}.jsonl")
        try:
            return path, os.open(path, flags, 0o640)
        except FileExistsError:
            continue
    raise FileExistsError(17, "a thousand logs of this name exist")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
