"""One at a time: a lock that ends with the process that holds it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import StorageError, UnavailableError


@contextmanager
def only_one(path: Path, doing: str, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock file `path` while the block runs; with `wait`, wait for another holder to end.

    The operating system gives the lock back when its holder dies, so none is ever stale. Raises UnavailableError
    when another holds it and nobody waits (and on Windows, which has no such locks), StorageError when it cannot
    be written.
    """
    if sys.platform == "win32":
        raise UnavailableError(
            f"{doing} needs file locks that Windows does not have.",
            next_step="run it in WSL, or on Linux or macOS",
        )
    import fcntl

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise StorageError(
            f"Cannot write {path}: {error.strerror}.", next_step="make the folder writable"
        ) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError as error:
            holder = os.read(handle, 32).decode(errors="replace").strip() or "unknown"
            raise UnavailableError(
                f"{doing} is at work already, as process {holder}.", next_step="wait until it has finished"
            ) from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)
