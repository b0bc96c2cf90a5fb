"""Segments: the files that a prediction log lies in, and from when to when their records are."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

from trunkline.core.errors import StorageError
from trunkline.core.record import Record, UtcTime

from .hourly import TELEMETRY, finished

OPEN, CLOSED, PART = ".jsonl", ".jsonl.gz", ".parquet"
MANIFEST = "compacted.json"
FORGETTING = ".forgetting"
"""Held by whoever takes a user out of the log, and shared by writers that close a segment."""
TIME = "%Y%m%dt%H%M%S%f"
"""How a name says a time, in UTC: names sort by it."""
OWN = re.compile(r"\d{8}t\d{12}-\d+-[0-9a-f]{8}")
"""Stems of segments whose writers hold them; earlier versions held none."""
LAYOUT = 2
"""The version of a part's columns."""
TRIES = 100
SLACK = timedelta(seconds=2)
"""Lines of one segment may lie this far out of order: a writer whose clock went back begins another."""


class Part(Record):
    """Closed segments that became one Parquet file."""

    name: str
    first: UtcTime
    last: UtcTime
    rows: int
    damaged: int
    """Lines that could not be read, and are not in it."""
    segments: tuple[str, ...]
    """The stems of the segments whose records it has."""
    layout: int = 1


class Compacted(Record):
    """The manifest of a log folder: a part that it does not name is none."""

    SCHEMA: ClassVar[str] = "trunkline/compacted-log/1"

    parts: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Segment:
    """One file of the log; one that is open, or that an earlier version wrote, does not say its times."""

    path: Path
    stem: str
    """What it was called when it was opened: it keeps it when it is closed and compacted."""
    first: datetime | None = None
    last: datetime | None = None
    damaged: int = 0
    """Lines that could not be read, and are no longer in it."""
    layout: int = LAYOUT
    """The version of a part's columns."""

    @property
    def closed(self) -> bool:
        """Return whether nothing will be appended any more."""
        return self.last is not None

    @property
    def part(self) -> bool:
        """Return whether it was compacted."""
        return self.path.name.endswith(PART)

    def touches(self, since: datetime | None, until: datetime | None) -> bool:
        """Return whether it may hold an answer of this stretch of time, both ends included."""
        late = until is not None and self.first is not None and self.first > until
        early = since is not None and self.last is not None and self.last < since
        return not late and not early


def closed_name(stem: str, first: datetime, last: datetime) -> str:
    """Return the name of a closed segment, which says the times of its first and its last record."""
    return f"{stem}.{first.astimezone(UTC):{TIME}}.{last.astimezone(UTC):{TIME}}{CLOSED}"


def segment_of(path: Path) -> Segment | None:
    """Return the segment that a file is by its name; None for every other file."""
    if path.name.startswith("."):
        return None
    if path.name.endswith(OPEN):
        return Segment(path, path.name.removesuffix(OPEN))
    if not path.name.endswith(CLOSED):
        return None
    try:
        stem, first, last = path.name.removesuffix(CLOSED).rsplit(".", 2)
        begin, end = (datetime.strptime(text, TIME).replace(tzinfo=UTC) for text in (first, last))
    except ValueError:
        return None
    return Segment(path, stem, begin, end)


def reaches(name: str, since: datetime | None) -> bool:
    """Return whether the file of this name may hold records of `since` or later; what does not say its times may."""
    if since is None or name == MANIFEST:
        return True
    if name.endswith(TELEMETRY):
        return not finished(name, since)
    if name.endswith(PART):
        try:
            last = datetime.strptime(name.split("-")[1], TIME).replace(tzinfo=UTC)
        except (ValueError, IndexError):
            return True
        return last >= since
    segment = segment_of(Path(name))
    return segment is None or segment.touches(since, None)


def chosen(found: Iterable[Segment], compacted: Compacted, folder: Path) -> tuple[Segment, ...]:
    """Return what holds each record once, by the stems in order.

    One that was just closed lies there open and closed, one that was just compacted beside its part. If two are
    open, as one and its copy, the first counts.
    """
    replaced = {stem for part in compacted.parts for stem in part.segments}
    best: dict[str, Segment] = {}
    for segment in found:
        if segment.stem not in replaced and (segment.stem not in best or segment.closed):
            best[segment.stem] = segment
    for part in compacted.parts:
        best[part.name] = Segment(
            folder / part.name, part.name, part.first, part.last, part.damaged, part.layout
        )
    return tuple(best[stem] for stem in sorted(best))


def segments_in(folder: Path) -> tuple[Segment, ...]:
    """Return the segments of a log folder, the oldest first; none where there is no folder.

    A listing that runs beside a writer may miss both names of a file that is renamed, so two must agree.
    Raises StorageError when the folder cannot be read.
    """
    before: tuple[list[str], Compacted] | None = None
    for _ in range(TRIES):
        now = _names(folder), read_compacted(folder)
        if now == before:
            break
        before = now
    found = filter(None, (segment_of(folder / name) for name in now[0]))
    return chosen(found, now[1], folder)


def read_compacted(folder: Path) -> Compacted:
    """Return the manifest of a log folder; an empty one where nothing was compacted.

    Raises StorageError when it is there and cannot be read.
    """
    path = folder / MANIFEST
    return Compacted.read(path) if os.path.lexists(path) else Compacted()


def _names(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir())
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StorageError(
            f"Cannot read the prediction log {folder}: {error.strerror}.",
            next_step="make the folder readable",
        ) from error
