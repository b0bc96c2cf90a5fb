"""Files beside the segments of a log, one an hour and a writer: what the service was told, and how much it used."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from trunkline.core.errors import StorageError

TRUTH, TELEMETRY = ".truth", ".telemetry"
HOUR = "%Y%m%dt%H"
NAME = re.compile(r"(\d{8}t\d{2})-[0-9a-f]{8}\.(truth|telemetry)")


def hourly_name(now: datetime, ending: str, writer: str = "") -> str:
    """Return the name of the file that a writer appends to now; each writer has files of its own."""
    return f"{now.astimezone(UTC):{HOUR}}-{writer or secrets.token_hex(4)}{ending}"


def is_hourly(name: str) -> bool:
    """Return whether a file of this name is one of these."""
    return NAME.fullmatch(name) is not None


def finished(name: str, now: datetime) -> bool:
    """Return whether nobody appends to the file of this name any more: its hour, and the one after it, are over."""
    found = NAME.fullmatch(name)
    if found is None:
        return False
    return now - datetime.strptime(found[1], HOUR).replace(tzinfo=UTC) > timedelta(hours=2)


def hourly_files(folders: Iterable[Path], ending: str = "") -> tuple[Path, ...]:
    """Return the files of some folders in the order of their hours; of two of one name that of the first folder.

    Raises StorageError when a folder cannot be read.
    """
    found: dict[str, Path] = {}
    for folder in folders:
        try:
            paths: Sequence[Path] = [path for path in folder.iterdir() if is_hourly(path.name)]
        except FileNotFoundError:
            continue
        except OSError as error:
            raise StorageError(
                f"Cannot read {folder}: {error.strerror}.",
                next_step="let the user who runs this read the folder: ls -ld shows whose it is",
            ) from error
        for path in paths:
            if path.name.endswith(ending):
                found.setdefault(path.name, path)
    return tuple(found[name] for name in sorted(found))
