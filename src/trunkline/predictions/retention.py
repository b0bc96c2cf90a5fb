"""Retention: whole files whose answers are too old are deleted, with the ground truth of those answers."""

from __future__ import annotations

import fcntl
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

from trunkline.core.record import write_atomically

from .compaction import alone, tidy
from .database import database, look_at, moment
from .durable import to_disk
from .forgetting import blank
from .ground_truth import known_of
from .hourly import TRUTH, finished, hourly_files, is_hourly
from .reader import LogReader
from .segments import MANIFEST, Compacted, Segment, read_compacted, segment_of, segments_in

HOUR = timedelta(hours=1)
"""A segment, shipped or not, holds records of one hour only."""


def expire(folder: Path, truth: Path, before: datetime) -> int:
    """Delete the files of a log folder that hold nothing of `before` or later, and return how many answers they held.

    Ground truth goes first: who is killed in between deletes the rest the next time. 0 where another process compacts.
    Raises StorageError when a file cannot be read or written.
    """
    with alone(folder) as held:
        if not held:
            return 0
        tidy(folder)
        old = [segment for segment in segments_in(folder) if _is_old(segment, before)]
        if not old:
            return 0
        with database() as opened:
            look_at(opened, old)
            answers = int(opened.execute("SELECT count(*) FROM log WHERE kind = 'answer'").fetchall()[0][0])
            told = [path for path in (truth, *hourly_files([folder], TRUTH)) if path.exists()]
            labelled = known_of(opened, told)
        if labelled:
            # Whoever may write to the store can give an old file the ids of answers that stay.
            labelled -= LogReader(folder, lambda _: _others(folder, old)).answered(labelled)
            for path in told:
                blank(path, "prediction", labelled)
                if is_hourly(path.name) and finished(path.name, before) and not path.read_bytes().strip():
                    path.unlink()
        _delete(folder, old)
        return answers


def _is_old(segment: Segment, before: datetime) -> bool:
    """Return whether a segment ended before a time; one that is open is asked for its newest record."""
    if segment.last is not None:
        return segment.last < before
    with suppress(OSError), segment.path.open("rb") as stream:
        # Whoever appends to it holds it.
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with database() as opened:
            look_at(opened, [segment])
            newest = opened.execute("SELECT max(time) FROM log").fetchall()[0][0]
        return newest is not None and moment(newest) < before - HOUR
    return False


def _others(folder: Path, old: Sequence[Segment]) -> tuple[Segment, ...]:
    """Return every segment that stays, also one whose stem an old one has as well."""
    named = filter(None, (segment_of(path) for path in sorted(folder.iterdir())))
    found = {segment.path: segment for segment in (*named, *segments_in(folder))}
    gone = {segment.path for segment in old}
    return tuple(segment for path, segment in found.items() if path not in gone)


def _delete(folder: Path, old: Sequence[Segment]) -> None:
    gone = {segment.path.name for segment in old}
    compacted = read_compacted(folder)
    kept = tuple(part for part in compacted.parts if part.name not in gone)
    if len(kept) < len(compacted.parts):
        write_atomically(folder / MANIFEST, Compacted(parts=kept).canonical())
        to_disk(folder)
    for segment in old:
        segment.path.unlink(missing_ok=True)
