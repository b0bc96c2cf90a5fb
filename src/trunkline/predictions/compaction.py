"""Compaction: closed segments become Parquet parts in which an answer is found by its id; none is lost or doubled."""

from __future__ import annotations

import fcntl
import os
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from trunkline.core.record import write_atomically

from .database import WRITE_PART, database, look_at, moment
from .durable import to_disk
from .segments import LAYOUT, MANIFEST, OWN, PART, TIME, Compacted, Part, Segment, read_compacted, segments_in

FULL = 8 * 2**20
"""Bytes of compressed segments that make a part: one that its size closed is enough, some 120,000 answers."""
HALF = ".compacting-"
"""How the name of a part begins that is not written whole."""
MANY = 24
"""So many segments become a part, however small they are: a day's, where one is closed every hour."""
QUIET_SECONDS = 600
"""A segment that nobody holds is its dead writer's; a writer that just made one may not hold it yet."""

FIGURES = """
    SELECT min(time), max(time), count(*) FILTER (kind IS NOT NULL), count(*) FILTER (kind IS NULL) FROM part
"""
WRITE = WRITE_PART.format(table="part", rows="kind IS NOT NULL")


def compact(folder: Path, *, full: int = FULL, many: int = MANY, open_too: bool = True) -> int:
    """Turn what is closed in a log folder into parts, and return how many were made; 0 where another does so now.

    A part counts from the moment at which the manifest names it, and its segments are taken away after that: whoever
    is killed in between leaves files that nobody reads, and that the next compaction takes away. `open_too` takes what
    a killed writer left open: only in the folder that writers lock can that be told.
    Raises StorageError when a file cannot be read or written.
    """
    with alone(folder) as held_lock:
        if not held_lock:
            return 0
        tidy(folder)
        made = 0
        with ExitStack() as held:
            ripe = [segment for segment in segments_in(folder) if _ripe(segment, held, open_too=open_too)]
            sizes = {segment.stem: segment.path.stat().st_size for segment in ripe}
            for group in groups(ripe, sizes, full=full, many=many):
                _replace(folder, group)
                made += 1
    return made


def groups(
    segments: Sequence[Segment], sizes: Mapping[str, int], *, full: int, many: int
) -> Iterator[tuple[Segment, ...]]:
    """Yield the segments of each part, in their order; what is left over waits for more."""
    group: list[Segment] = []
    size = 0
    for segment in segments:
        group.append(segment)
        size += sizes[segment.stem]
        if size >= full or len(group) >= many:
            yield tuple(group)
            group, size = [], 0


def _ripe(segment: Segment, held: ExitStack, *, open_too: bool) -> bool:
    """Return whether nobody will append to a segment; one that was not closed stays locked as long as `held`."""
    if segment.part:
        return False
    if segment.closed:
        return True
    if not open_too or not OWN.fullmatch(segment.stem):
        return False
    with suppress(OSError):
        stream = held.enter_context(segment.path.open("rb"))
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        found = os.fstat(stream.fileno())
        return found.st_size > 0 and found.st_mtime < time.time() - QUIET_SECONDS
    return False


def _replace(folder: Path, group: Sequence[Segment]) -> None:
    half = folder / f"{HALF}{secrets.token_hex(8)}"
    try:
        with database() as opened:
            look_at(opened, group)
            opened.execute("CREATE TEMP TABLE part AS SELECT * FROM log")
            low, high, rows, damaged = opened.execute(FIGURES).fetchall()[0]
            opened.execute(WRITE, [str(half)])
        first, last = moment(low or 0), moment(high or 0)
        name = f"{first:{TIME}}-{last:{TIME}}-{secrets.token_hex(4)}{PART}"
        to_disk(half)
        half.chmod(0o640)
        half.rename(folder / name)
        before = read_compacted(folder)
        stems = tuple(segment.stem for segment in group)
        part = Part(
            name=name, first=first, last=last, rows=rows, damaged=damaged, segments=stems, layout=LAYOUT
        )
        write_atomically(folder / MANIFEST, Compacted(parts=(*before.parts, part)).canonical())
        to_disk(folder)
        for segment in group:
            segment.path.unlink(missing_ok=True)
    finally:
        half.unlink(missing_ok=True)


def tidy(folder: Path) -> None:
    """Take away what a killed compaction left: parts that the manifest does not name, segments that a part replaced."""
    compacted = read_compacted(folder)
    named = {part.name for part in compacted.parts}
    replaced = {stem for part in compacted.parts for stem in part.segments}
    for path in folder.iterdir():
        left = path.name.startswith(HALF) or path.name.split(".", 1)[0] in replaced
        if left or (path.name.endswith(PART) and path.name not in named):
            path.unlink()


@contextmanager
def alone(folder: Path) -> Iterator[bool]:
    """Hold the folder's lock; False where another process has it, or there is no folder."""
    if not folder.is_dir():
        yield False
        return
    with (folder / ".compacting").open("w") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
