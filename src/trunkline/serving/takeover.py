"""Taking over: systemd's service ends whatever serves its folder already, so that one process has port and log."""

from __future__ import annotations

import contextlib
import os
import select
import signal
from itertools import pairwise
from pathlib import Path

PROCESSES = Path("/proc")


def take_over(folder: Path, *, patience: float) -> tuple[int, ...]:
    """End the other processes that serve `folder` and return their ids; after `patience` seconds they are killed.

    It knows them by their command, in which `--host` follows the folder, as this process's own; where there is no
    /proc, it finds none.
    """
    found = tuple(pid for pid in _processes() if pid != os.getpid() and _serves(pid, str(folder)))
    for pid in found:
        _end(pid, patience)
    return found


def _processes() -> list[int]:
    return [int(path.name) for path in PROCESSES.glob("[0-9]*")] if PROCESSES.is_dir() else []


def _serves(pid: int, folder: str) -> bool:
    try:
        words = (PROCESSES / str(pid) / "cmdline").read_bytes().decode(errors="surrogateescape").split("\0")
    except OSError:  # it ended, or is another user's
        return False
    return (folder, "--host") in pairwise(words)


def _end(pid: int, patience: float) -> None:
    with contextlib.suppress(OSError):
        handle = os.pidfd_open(pid)
        try:
            for number, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 5.0)):
                signal.pidfd_send_signal(handle, number)
                if select.select([handle], [], [], seconds)[0]:
                    return
        finally:
            os.close(handle)
