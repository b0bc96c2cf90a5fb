"""Closing: a segment is compressed, and named after the times of its records."""

from __future__ import annotations

import fcntl
import gzip
import os
import shutil
from datetime import datetime
from pathlib import Path

import orjson

from trunkline.core.record import as_utc

from .durable import to_disk
from .segments import FORGETTING, OPEN, OWN, closed_name, segments_in

SPEED = 1
"""The level of gzip: the service has better things to do than to save a fifth more."""


def close_segment(path: Path, first: datetime, last: datetime) -> None:
    """Put a compressed segment in the place of an open one; where the disk is full it stays as it is.

    A reader finds the one, the other or both, which have one stem, and takes one of them.
    """
    folder, stem = path.parent, path.name.removesuffix(OPEN)
    half = folder / f".{stem}.half"
    try:
        with (folder / FORGETTING).open("w") as nobody_forgets:
            fcntl.flock(nobody_forgets, fcntl.LOCK_SH)
            pack(path, half)
            half.rename(folder / closed_name(stem, first, last))
            to_disk(folder)
            path.unlink()
    except OSError:
        half.unlink(missing_ok=True)


def close_left(folder: Path) -> None:
    """Close the segments of writers that were killed: nobody holds them, and they have records.

    What cannot be read stays open.
    """
    for segment in segments_in(folder):
        if segment.closed or not OWN.fullmatch(segment.stem):
            continue
        try:
            with segment.path.open("rb") as stream:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                times = [_time(line) for line in stream]
        except OSError:
            continue
        found = [time for time in times if time is not None]
        if found:
            close_segment(segment.path, min(found), max(found))


def _time(line: bytes) -> datetime | None:
    try:
        time = as_utc(datetime.fromisoformat(orjson.loads(line)["time"]))
    except (ValueError, LookupError, TypeError):
        return None
    # The name of a segment writes years with four digits.
    return time if time.year >= 1000 else None


def pack(path: Path, target: Path) -> None:
    """Write a compressed segment, forced to the disk."""
    with path.open("rb") as lines, target.open("wb") as stream:
        os.fchmod(stream.fileno(), 0o640)
        with gzip.GzipFile(filename="", fileobj=stream, mode="wb", compresslevel=SPEED, mtime=0) as packed:
            shutil.copyfileobj(lines, packed, 2**20)
        stream.flush()
        os.fsync(stream.fileno())
