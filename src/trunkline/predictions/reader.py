"""The prediction log: the newest requests of an environment, across all its files."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import count
from pathlib import Path

import orjson

from trunkline.core.errors import StorageError
from trunkline.core.tail import newest_first

from .records import Prediction, Rejection
from .window import LogWindow, window_of


def read_log(folder: Path, *, newest: int | None = None) -> LogWindow:
    """Return the newest requests (answers and rejections together) of all files in a log folder, oldest first.

    Files are read from their ends and a file is left as soon as it holds nothing newer, so memory and time
    follow `newest`, not the log; None takes all of it. Shadows do not count as requests; those of the same
    stretch of time come with them. A folder that does not exist is an empty log.
    Raises StorageError when a file cannot be read.
    """
    kept = _Kept(newest)
    shadows: list[Prediction] = []
    torn = 0
    # Newest file first: names begin with the time of the service's start.
    for path in sorted(folder.glob("*.jsonl"), reverse=True):
        for row in _rows(path):
            if row is None:
                torn += 1
            elif isinstance(row, Prediction) and row.arm == "shadow":
                if kept.full and row.time < kept.oldest:
                    break
                shadows.append(row)
            elif not kept.add(row):
                break
    return window_of(kept.rows(), shadows, torn, whole=not kept.full)


def answered(folder: Path, ids: Collection[str]) -> set[str]:
    """Return which of these ids name answers that users were given, the newest files read first.

    Raises StorageError when a file cannot be read.
    """
    wanted = set(ids)
    found: set[str] = set()
    for path in sorted(folder.glob("*.jsonl"), reverse=True):
        for line in newest_first(path):
            if found == wanted:
                return found
            try:
                value = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue
            if (
                isinstance(value, dict)
                and value.get("id") in wanted
                and value.get("schema") == Prediction.SCHEMA
                and value.get("arm") != "shadow"
            ):
                found.add(value["id"])
    return found


def find(folder: Path, identity: str) -> Prediction | None:
    """Return the answer with this id, a shadow's too; None when the log does not have it.

    Raises StorageError when a file cannot be read.
    """
    wanted = identity.encode()
    for path in sorted(folder.glob("*.jsonl"), reverse=True):
        for line in newest_first(path):
            if wanted in line and isinstance(row := _row(line, path), Prediction) and row.id == identity:
                return row
    return None


class _Kept:
    """The newest `limit` requests seen so far."""

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self._heap: list[tuple[datetime, int, Prediction | Rejection]] = []
        self._order = count()

    @property
    def full(self) -> bool:
        return self._limit is not None and len(self._heap) >= self._limit

    @property
    def oldest(self) -> datetime:
        return self._heap[0][0]

    def add(self, row: Prediction | Rejection) -> bool:
        """Keep a row if it is among the newest; return whether it was."""
        entry = (row.time, -next(self._order), row)
        if not self.full:
            heapq.heappush(self._heap, entry)
            return True
        if entry[0] <= self.oldest:
            return False
        heapq.heapreplace(self._heap, entry)
        return True

    def rows(self) -> list[Prediction | Rejection]:
        return [entry[2] for entry in sorted(self._heap, key=lambda entry: entry[:2])]


def _rows(path: Path) -> Iterator[Prediction | Rejection | None]:
    """Yield the lines of one file, newest first; None stands for a line that cannot be read."""
    return (_row(line, path) for line in newest_first(path))


def _row(line: bytes, path: Path) -> Prediction | Rejection | None:
    try:
        value = orjson.loads(line)
        schema = value.get("schema") if isinstance(value, dict) else None
        if schema == Prediction.SCHEMA:
            return Prediction.from_dict(value, origin=path.name)
        if schema == Rejection.SCHEMA:
            return Rejection.from_dict(value, origin=path.name)
    except (orjson.JSONDecodeError, StorageError):
        return None
    return None
