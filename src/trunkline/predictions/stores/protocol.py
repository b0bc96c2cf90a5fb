"""What every log store offers: the files of one environment's log, by name."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar, Protocol

from ..hourly import is_hourly
from ..segments import MANIFEST, PART, segment_of

WATCH, ROWS = ".watch", ".rows"
"""Endings of files beside the log: the signals of one watch, and a snapshot of rows."""


@dataclass(frozen=True)
class Stored:
    """One file of a store; another `tag` means another content."""

    name: str
    tag: str


class LogStore(Protocol):
    """The files of a log, elsewhere: segments, parts and the manifest, named as in a folder.

    A file is there whole or not at all. Every method raises UnavailableError when the store does not answer,
    StorageError when it refuses.
    """

    writable: ClassVar[bool]
    """Whether who reads it may write it too; else only the service does, where it runs."""

    def files(self, since: datetime | None = None) -> tuple[Stored, ...]:
        """Return the files by name; those that end before `since` may be left out."""
        ...

    def get(self, name: str, path: Path) -> None:
        """Write a file's content to `path`. Raises FileNotFoundError when the store has it no longer."""
        ...

    def put(self, name: str, content: Path | bytes, *, replacing: str | None = None) -> str:
        """Store a content, or that of a file, and return its tag.

        `replacing` names the tag that the file must have now, or is empty where there must be none; None takes any.
        Raises FileExistsError when it is another.
        """
        ...

    def remove(self, names: Collection[str]) -> None:
        """Delete files; one that is not there is no error."""
        ...


def belongs(name: str) -> bool:
    """Return whether a file of this name is part of a log; no path and no hidden file is."""
    if "/" in name or "\\" in name or "\0" in name or name.startswith("."):
        return False
    return (
        name == MANIFEST
        or name.endswith((PART, WATCH, ROWS))
        or is_hourly(name)
        or segment_of(Path(name)) is not None
    )
