"""Files of ground truth that a service was told: beside its log, one an hour, shipped and read like it."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from trunkline.core.errors import StorageError

ENDING = ".truth"
HOUR = "%Y%m%dt%H"
NAME = re.compile(r"(\d{8}t\d{2})-[0-9a-f]{8}\.truth")


def truth_name(now: datetime, writer: str = "") -> str:
    """Return the name of the file into which a writer puts what it is told now; each writer has files of its own."""
    return f"{now.astimezone(UTC):{HOUR}}-{writer or secrets.token_hex(4)}{ENDING}"


def is_truth(name: str) -> bool:
    """Return whether a file of this name holds ground truth."""
    return NAME.fullmatch(name) is not None


def finished(name: str, now: datetime) -> bool:
    """Return whether nobody appends to the file of this name any more."""
    found = NAME.fullmatch(name)
    if found is None:
        return False
    begun = datetime.strptime(found[1], HOUR).replace(tzinfo=UTC)
    # Who began to write before the hour was over may end after it.
    return now - begun > timedelta(hours=2)


def truth_files(folders: Iterable[Path]) -> tuple[Path, ...]:
    """Return the files of some folders in the order of their hours; of two of one name that of the first folder.

    Raises StorageError when a folder cannot be read.
    """
    found: dict[str, Path] = {}
    for folder in folders:
        try:
            paths: Sequence[Path] = [path for path in folder.iterdir() if is_truth(path.name)]
        except FileNotFoundError:
            continue
        except OSError as error:
            raise StorageError(f"Cannot read {folder}: {error.strerror}.") from error
        for path in paths:
            found.setdefault(path.name, path)
    return tuple(found[name] for name in sorted(found))
