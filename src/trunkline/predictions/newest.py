"""The newest requests of a log, read from its end: what they cost follows how many are asked for, not the log."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import count

import orjson

from trunkline.core.errors import StorageError
from trunkline.core.tail import newest_first

from .database import EPOCH, database, look_at, microseconds
from .records import Failure, Logged, Prediction, Rejection
from .segments import SLACK, Segment
from .window import LogWindow, window_of

NEWEST = """
    WITH near AS (SELECT kind, time, line FROM log WHERE kind <> 'failure' AND (? IS NULL OR time >= ?)),
         request AS MATERIALIZED (
             SELECT time, line FROM near WHERE kind <> 'silent' ORDER BY time DESC LIMIT ?)
    SELECT line FROM (
        SELECT time, line FROM request UNION ALL
        SELECT time, line FROM near WHERE kind = 'silent' AND (
            (SELECT count(*) FROM request) < ? OR time >= (SELECT min(time) FROM request))
    ) ORDER BY time
"""
"""Requests of one segment that are not older than a time, the newest ones, and the silent answers meanwhile."""
LINES_ONCE = NEWEST.replace("near AS (", "near AS MATERIALIZED (")
"""The same where it is dearer to read the lines twice than to keep them."""


def newest_requests(segments: Sequence[Segment], requests: int) -> LogWindow:
    """Return the newest answers and rejections, and the silent answers of the same stretch of time, oldest first.

    Raises StorageError when a file cannot be read.
    """
    kept = _Kept(requests)
    silent: list[Prediction] = []
    torn = 0
    for row in _open_rows(segments, kept):
        if row is None:
            torn += 1
        elif isinstance(row, Prediction) and row.arm == "silent":
            silent.append(row)
        elif not isinstance(row, Failure):
            kept.add(row)
    if any(segment.closed for segment in segments):
        silent += _closed_rows(segments, kept, requests)
    return window_of(kept.rows(), silent, torn, whole=not kept.full)


def record_of(line: bytes | str) -> Logged | None:
    """Return the record that a line of the log holds; None where it is damaged."""
    try:
        value = orjson.loads(line)
        schema = value.get("schema") if isinstance(value, dict) else None
        if schema == Prediction.SCHEMA:
            return Prediction.from_dict(value, origin="the prediction log")
        if schema == Rejection.SCHEMA:
            return Rejection.from_dict(value, origin="the prediction log")
        if schema == Failure.SCHEMA:
            return Failure.from_dict(value, origin="the prediction log")
    except (orjson.JSONDecodeError, StorageError):
        return None
    return None


def _open_rows(segments: Sequence[Segment], kept: _Kept) -> Iterator[Logged | None]:
    """Yield the rows of what is open, each file from its end until it holds nothing newer than what is kept."""
    for segment in reversed(segments):
        for line in () if segment.closed else newest_first(segment.path):
            row = record_of(line)
            if row is not None and kept.full and kept.oldest - row.time > SLACK:
                break
            yield row


def _closed_rows(segments: Sequence[Segment], kept: _Kept, requests: int) -> list[Prediction]:
    """Keep the newest requests of what is closed, and return the silent of the same stretch of time."""
    closed = sorted((each for each in segments if each.closed), key=lambda each: each.last or EPOCH)
    silent: list[Prediction] = []
    with database() as opened:
        while closed and not (kept.full and (closed[-1].last or EPOCH) < kept.oldest):
            segment = closed.pop()
            look_at(opened, [segment])
            low = microseconds(kept.oldest) if kept.full else None
            question = NEWEST if segment.part else LINES_ONCE
            for (line,) in opened.execute(question, [low, low, requests, requests]).fetchall():
                row = record_of(line)
                if isinstance(row, Prediction) and row.arm == "silent":
                    silent.append(row)
                elif row and not isinstance(row, Failure):
                    kept.add(row)
    return silent


class _Kept:
    """The newest `limit` requests seen so far."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._heap: list[tuple[datetime, int, Prediction | Rejection]] = []
        self._order = count()

    @property
    def full(self) -> bool:
        return len(self._heap) >= self._limit

    @property
    def oldest(self) -> datetime:
        return self._heap[0][0]

    def add(self, row: Prediction | Rejection) -> None:
        """Keep a row if it is among the newest."""
        entry = (row.time, -next(self._order), row)
        if not self.full:
            heapq.heappush(self._heap, entry)
        elif entry[0] > self.oldest:
            heapq.heapreplace(self._heap, entry)

    def rows(self) -> list[Prediction | Rejection]:
        return [entry[2] for entry in sorted(self._heap, key=lambda entry: entry[:2])]
