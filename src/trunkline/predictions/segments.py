"""Segments: the files that a prediction log lies in, and what their names say of their times."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from trunkline.core.errors import StorageError

OPEN, CLOSED = ".jsonl", ".jsonl.gz"
TIME = "%Y%m%dt%H%M%S%f"
"""How a name says a time, in UTC: names sort by it."""
TRIES = 100
SLACK = timedelta(seconds=2)
"""Lines of one segment may lie this far out of order: a writer whose clock went back begins another."""


@dataclass(frozen=True)
class Segment:
    """One file of lines; one that is open, or that an earlier version wrote, does not say its times."""

    path: Path
    stem: str
    """What it was called when it was opened: it keeps it when it is closed and compacted."""
    first: datetime | None = None
    last: datetime | None = None

    @property
    def closed(self) -> bool:
        """Return whether nothing will be appended any more."""
        return self.last is not None

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
        times = [datetime.strptime(text, TIME).replace(tzinfo=UTC) for text in (first, last)]
    except ValueError:
        return None
    return Segment(path, stem, *times)


def chosen(found: Iterable[Segment]) -> tuple[Segment, ...]:
    """Return each segment once, by its stem in order; one that was just closed lies there open and closed."""
    best: dict[str, Segment] = {}
    for segment in found:
        if segment.stem not in best or segment.closed:
            best[segment.stem] = segment
    return tuple(best[stem] for stem in sorted(best))


def segments_in(folder: Path) -> tuple[Segment, ...]:
    """Return the segments of a log folder, the oldest first; none where there is no folder.

    A listing that runs beside a writer may miss both names of a file that is renamed, so two must agree.
    Raises StorageError when the folder cannot be read.
    """
    names: list[str] | None = None
    for _ in range(TRIES):
        before, names = names, _names(folder)
        if names == before:
            break
    return chosen(filter(None, (segment_of(folder / name) for name in names or ())))


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
