"""The prediction log: the newest requests of an environment, across all its files."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from operator import attrgetter
from pathlib import Path

import orjson

from trunkline.core.errors import StorageError
from trunkline.core.predictions import Prediction, Rejection

from .tail import newest_first


@dataclass(frozen=True)
class LogWindow:
    """A stretch of the prediction log, oldest first."""

    predictions: tuple[Prediction, ...] = ()
    """What users were answered."""
    rejections: tuple[Rejection, ...] = ()
    """Requests that broke the contract."""
    shadows: tuple[Prediction, ...] = ()
    """What a silent challenger would have answered, in the same stretch of time."""
    torn: int = 0
    """Lines that could not be read: torn by a crash, or damaged."""

    @property
    def requests(self) -> int:
        """Return how many requests there were: answers and rejections."""
        return len(self.predictions) + len(self.rejections)

    def newest(self, requests: int) -> LogWindow:
        """Return the window cut down to its newest requests."""
        if self.requests <= requests:
            return self
        rows: list[Prediction | Rejection] = [*self.predictions, *self.rejections]
        return _window(sorted(rows, key=attrgetter("time"))[-requests:], self.shadows, self.torn)


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
    return _window(kept.rows(), shadows, torn, whole=not kept.full)


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


def _window(
    rows: Sequence[Prediction | Rejection], shadows: Iterable[Prediction], torn: int, *, whole: bool = False
) -> LogWindow:
    first = rows[0].time if rows else None
    return LogWindow(
        predictions=tuple(row for row in rows if isinstance(row, Prediction)),
        rejections=tuple(row for row in rows if isinstance(row, Rejection)),
        shadows=tuple(
            row
            for row in sorted(shadows, key=attrgetter("time"))
            if whole or first is None or row.time >= first
        ),
        torn=torn,
    )


def _rows(path: Path) -> Iterator[Prediction | Rejection | None]:
    """Yield the lines of one file, newest first; None stands for a line that cannot be read."""
    for line in newest_first(path):
        try:
            value = orjson.loads(line)
            schema = value.get("schema") if isinstance(value, dict) else None
            if schema == Prediction.SCHEMA:
                yield Prediction.from_dict(value, origin=path.name)
            elif schema == Rejection.SCHEMA:
                yield Rejection.from_dict(value, origin=path.name)
            else:
                yield None
        except (orjson.JSONDecodeError, StorageError):
            yield None
