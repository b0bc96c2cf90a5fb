"""Forgetting: the answers of one user, and what is known of them, are taken out of the log and the ground truth."""

from __future__ import annotations

import fcntl
import gzip
import io
import os
import secrets
from collections.abc import Collection
from pathlib import Path

import orjson

from trunkline.core.errors import StorageError
from trunkline.core.record import write_atomically

from .compaction import alone
from .database import WRITE_PART, database, literally, look_at
from .durable import to_disk
from .hourly import TRUTH, hourly_files
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

LINES_OF = """
    SELECT json::VARCHAR FROM read_ndjson_objects(?, ignore_errors = true)
    WHERE json_extract_string(json, ?) IN (SELECT unnest(?::VARCHAR[]))
"""


def forget(folder: Path, truth: Path, users: Collection[str]) -> tuple[str, ...]:
    """Take a user's answers out of a log and their ground truth out of it and the file `truth`; return their ids.

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
        rounds = 0
        while ids := LogReader(folder).answers_of(users):
            if rounds == TRIES:
                raise StorageError(
                    f"The prediction log in {folder} still has answers of the user after {TRIES} rounds.",
                    value=ids[0],
                    next_step="look for the lines with this id, and take them out by hand or forget again",
                )
            rounds += 1
            gone |= set(ids)
            for segment in segments_in(folder):
                _take_out(folder, segment, users)
    for path in (truth, *hourly_files([folder], TRUTH)):
        if path.exists():
            blank(path, "prediction", gone)
    return tuple(sorted(gone))


def blank(path: Path, field: str, values: Collection[str]) -> int:
    """Overwrite the lines of a file whose records have one of these values with spaces, and return how many.

    The file keeps its length, so whoever appends to it meanwhile is not disturbed.
    Raises StorageError when it cannot be read.
    """
    count = 0
    found = _lines_of(path, field, values)
    with path.open("r+b") as stream:
        place = 0
        for line in stream:
            body = line.rstrip(b"\n")
            if body.strip() in found or _holds(body, field, values):
                os.pwrite(stream.fileno(), b" " * len(body), place)
                count += 1
            place += len(line)
        os.fsync(stream.fileno())
    return count


def _lines_of(path: Path, field: str, values: Collection[str]) -> set[bytes]:
    """Return the lines that the database reads so: it takes what is no JSON, as NaN, and of two keys the first."""
    with database() as opened:
        rows = opened.execute(LINES_OF, [literally([path]), f'$."{field}"', list(values)]).fetchall()
    return {line.strip().encode() for (line,) in rows}


def _holds(line: bytes, field: str, values: Collection[str]) -> bool:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    held = row.get(field) if isinstance(row, dict) else None
    return isinstance(held, str) and held in values


def _take_out(folder: Path, segment: Segment, users: Collection[str]) -> None:
    try:
        if segment.part:
            _rewrite_part(folder, segment, users)
        elif segment.closed:
            _rewrite(segment.path, users)
        else:
            blank(segment.path, "user", users)
    except FileNotFoundError:
        return  # closed meanwhile: the next round finds it
    except StorageError:
        if os.path.lexists(segment.path):
            raise
    except OSError as error:
        raise StorageError(
            f"Cannot write {segment.path}: {error.strerror}.", next_step="free disk space, then forget again"
        ) from error


def _rewrite(path: Path, users: Collection[str]) -> None:
    found = _lines_of(path, "user", users)
    # A carriage return within a line is white space to JSON, and to the database.
    lines = list(io.BytesIO(gzip.decompress(path.read_bytes())))
    kept = [line for line in lines if line.strip() not in found and not _holds(line, "user", users)]
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
