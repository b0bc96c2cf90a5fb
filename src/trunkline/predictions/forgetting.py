"""Forgetting: the answers of one user, and what is known of them, are taken out of the log and the ground truth."""

from __future__ import annotations

import fcntl
import gzip
import os
import secrets
from collections.abc import Callable, Collection
from pathlib import Path

import orjson

from trunkline.core.errors import StorageError
from trunkline.core.record import write_atomically

from .compaction import alone
from .database import WRITE_PART, database, literally, look_at
from .durable import to_disk
from .reader import OF_USER, LogReader
from .segments import (
    FORGETTING,
    LAYOUT,
    MANIFEST,
    PART,
    TIME,
    TRIES,
    Compacted,
    Segment,
    read_compacted,
    segments_in,
)

OTHERS = WRITE_PART.format(table="log", rows="""coalesce("user", '') NOT IN (SELECT unnest(?::VARCHAR[]))""")


def forget(folder: Path, truth: Path, users: Collection[str]) -> tuple[str, ...]:
    """Take a user's answers out of a log, and their ground truth out of the file `truth`; return their ids.

    What is open is blanked in its place, beside a writer that appends; what is closed is written anew.
    Raises StorageError when a file cannot be read or written, or another process compacts the log.
    """
    gone: set[str] = set()
    if not folder.is_dir():
        return ()
    with alone(folder) as held, (folder / FORGETTING).open("w") as stream:
        if not held:
            raise StorageError(
                f"The prediction log in {folder} is being compacted.", next_step="try again in a minute"
            )
        # A writer that closes a segment now waits: what it has read, it would write.
        fcntl.flock(stream, fcntl.LOCK_EX)
        for left in folder.glob(".*.half"):
            left.unlink()
        for _ in range(TRIES):
            ids = LogReader(folder).answers_of(users)
            if not ids:
                break
            gone |= set(ids)
            for segment in segments_in(folder):
                _take_out(folder, segment, users)
    if truth.exists():
        blank(truth, lambda row: row.get("prediction") in gone)
    return tuple(sorted(gone))


def blank(path: Path, unwanted: Callable[[dict[str, object]], bool]) -> int:
    """Overwrite the lines of a file that hold unwanted records with spaces, and return how many.

    The file keeps its length, so whoever appends to it meanwhile is not disturbed.
    """
    count = 0
    with path.open("r+b") as stream:
        place = 0
        for line in stream:
            body = line.rstrip(b"\n")
            if _holds(body, unwanted):
                os.pwrite(stream.fileno(), b" " * len(body), place)
                count += 1
            place += len(line)
        os.fsync(stream.fileno())
    return count


def _holds(line: bytes, unwanted: Callable[[dict[str, object]], bool]) -> bool:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return isinstance(row, dict) and unwanted(row)


def _take_out(folder: Path, segment: Segment, users: Collection[str]) -> None:
    def unwanted(row: dict[str, object]) -> bool:
        return row.get("user") in users

    try:
        if segment.part:
            _rewrite_part(folder, segment, users)
        elif segment.closed:
            _rewrite(segment.path, unwanted)
        else:
            blank(segment.path, unwanted)
    except FileNotFoundError:
        return  # closed meanwhile: the next round finds it
    except OSError as error:
        raise StorageError(
            f"Cannot write {segment.path}: {error.strerror}.", next_step="free disk space, then forget again"
        ) from error


def _rewrite(path: Path, unwanted: Callable[[dict[str, object]], bool]) -> None:
    lines = gzip.decompress(path.read_bytes()).splitlines(keepends=True)
    kept = [line for line in lines if not _holds(line, unwanted)]
    if len(kept) < len(lines):
        write_atomically(path, gzip.compress(b"".join(kept), 1, mtime=0))
        path.chmod(0o640)
        to_disk(path.parent)


def _rewrite_part(folder: Path, segment: Segment, users: Collection[str]) -> None:
    with database() as opened:
        look_at(opened, [segment])
        if not opened.execute(OF_USER + " LIMIT 1", [list(users)]).fetchall():
            return
        half = folder / f".compacting-{secrets.token_hex(8)}"
        opened.execute(OTHERS, [list(users), str(half)])
    to_disk(half)
    half.chmod(0o640)
    before = read_compacted(folder)
    old = next(part for part in before.parts if part.name == segment.path.name)
    name = f"{old.first:{TIME}}-{old.last:{TIME}}-{secrets.token_hex(4)}{PART}"
    half.rename(folder / name)
    with database() as opened:
        rows = opened.execute(
            "SELECT count(*) FROM read_parquet(?)", [literally([folder / name])]
        ).fetchall()[0][0]
    new = old.model_copy(update={"name": name, "rows": int(rows), "layout": LAYOUT})
    parts = tuple(new if part is old else part for part in before.parts)
    write_atomically(folder / MANIFEST, Compacted(parts=parts).canonical())
    to_disk(folder)
    segment.path.unlink()
