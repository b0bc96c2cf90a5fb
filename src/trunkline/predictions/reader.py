"""The prediction log of an environment as it is read: the newest, a stretch of time, one answer, what has a truth."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from trunkline.core.errors import StorageError

from .before import answers_before
from .database import database, look_at, microseconds, moment
from .ground_truth import Truth, event_of
from .joining import join_truth
from .newest import newest_requests, record_of
from .records import Failure, GroundTruth, Logged, Prediction
from .segments import TRIES, Segment, segments_in
from .totals import Totals, count_all
from .window import LogWindow, window_of

if TYPE_CHECKING:
    import duckdb

Found = TypeVar("Found")
Happened = tuple[GroundTruth, ...]
"""The latest event of each item of an answer; the whole answer is the item ""."""


class LogReader:
    """Reads the log in a folder; a folder that does not exist is an empty log.

    `listed` lists the segments where they lie elsewhere too; those that end before a time may be left out.
    A line that a crash tore, or that was damaged, is no answer: it is passed over. Segments whose names say that they
    lie outside of what is asked for are not opened. Every method raises StorageError when a file cannot be read.
    """

    def __init__(
        self, folder: Path, listed: Callable[[datetime | None], Sequence[Segment]] | None = None
    ) -> None:
        self.folder = folder
        self._listed = listed or (lambda _: segments_in(folder))

    def newest(self, requests: int) -> LogWindow:
        """Return the newest requests, answers and rejections together, and the silent answers meanwhile."""
        return self._ask(lambda segments: newest_requests(segments, requests))

    def between(self, since: datetime | None = None, until: datetime | None = None) -> LogWindow:
        """Return everything from `since` up to and including `until`; None stands for no bound."""

        def ask(segments: Sequence[Segment]) -> LogWindow:
            fitting = [segment for segment in segments if segment.touches(since, until)]
            low, high = microseconds(since), microseconds(until)
            with database() as opened:
                look_at(opened, fitting)
                found = list(_records(opened, BETWEEN, [low, low, high, high]))
            rows = [row for row in found if row is not None]
            silent = [row for row in rows if isinstance(row, Prediction) and row.arm == "silent"]
            failures = tuple(row for row in rows if isinstance(row, Failure))
            requests = [
                row
                for row in rows
                if not isinstance(row, Failure) and not (isinstance(row, Prediction) and row.arm == "silent")
            ]
            requests.sort(key=lambda row: row.time)
            torn = len(found) - len(rows) + sum(segment.damaged for segment in fitting)
            return replace(window_of(requests, silent, torn, whole=True), failures=failures)

        return self._ask(ask, since=since)

    def before(self, time: datetime, newest: int, *, not_by: str = "") -> tuple[Prediction, ...]:
        """Return the newest answers of champions before a time, of another bundle than `not_by`; oldest first."""

        return self._ask(lambda segments: answers_before(segments, time, newest, not_by))

    def find(self, identity: str) -> Prediction | None:
        """Return the answer with this id, a silent one too; None where the log does not have it."""

        def ask(segments: Sequence[Segment]) -> Prediction | None:
            parts = [segment for segment in segments if segment.part]
            lines = [segment for segment in segments if not segment.part]
            with database() as opened:
                # Parts are ordered by key, lines have to be read: most answers need none of them.
                for group, question in ((parts, FIND_IN_PARTS), (lines, FIND_IN_LINES)):
                    look_at(opened, group)
                    for row in _records(opened, question, [identity]):
                        if isinstance(row, Prediction):
                            return row
            return None

        return self._ask(ask)

    def answered(self, identities: Collection[str]) -> set[str]:
        """Return which of these ids name answers that users were given."""

        def ask(segments: Sequence[Segment]) -> set[str]:
            with database() as opened:
                look_at(opened, segments)
                return {str(id_) for (id_,) in opened.execute(ANSWERED, [list(identities)]).fetchall()}

        return self._ask(ask)

    def answers_of(self, users: Collection[str]) -> tuple[str, ...]:
        """Return the ids of the answers to users who have these names in the log, silent ones too."""

        def ask(segments: Sequence[Segment]) -> tuple[str, ...]:
            with database() as opened:
                look_at(opened, segments)
                return tuple(sorted(str(id_) for (id_,) in opened.execute(OF_USER, [list(users)]).fetchall()))

        return self._ask(ask)

    def names_users(self, length: int) -> bool:
        """Return whether a user's name in the log has so many characters."""

        def ask(segments: Sequence[Segment]) -> bool:
            with database() as opened:
                look_at(opened, segments)
                return bool(opened.execute(NAMED, [length]).fetchall())

        return self._ask(ask)

    def count(self) -> tuple[int, int]:
        """Return how many answers users were given, and how many lines are damaged."""

        def ask(segments: Sequence[Segment]) -> tuple[int, int]:
            with database() as opened:
                look_at(opened, segments)
                answers, damaged = opened.execute(COUNT).fetchall()[0]
            return int(answers), int(damaged) + sum(segment.damaged for segment in segments)

        return self._ask(ask)

    def totals(self) -> Totals:
        """Return how many answers each version gave, and how many requests were refused."""
        return self._ask(count_all)

    def labelled(
        self,
        truth: Truth,
        *,
        bundle: str = "",
        newest: int | None = None,
        oldest: int | None = None,
        before: datetime | None = None,
    ) -> tuple[tuple[Prediction, ...], dict[str, Happened]]:
        """Return the newest answers to users whose outcome `truth` knows, oldest first, and these by id.

        `bundle` names the digest of the only version that is asked about; a `newest` of None takes all of them, and
        `oldest` as many of the oldest. Where silence says something too, answers count that were given `before` a time,
        whatever was recorded of them.
        Raises DataError when the ground truth cannot be read.
        """

        def ask(segments: Sequence[Segment]) -> tuple[tuple[Prediction, ...], dict[str, Happened]]:
            found: dict[str, Prediction] = {}
            truths: dict[str, Happened] = {}
            with database() as opened:
                if not join_truth(
                    opened, segments, truth, bundle=bundle, newest=newest, oldest=oldest, before=before
                ):
                    return (), {}
                since, until = opened.execute("SELECT min(time), max(time) FROM wanted").fetchall()[0]
                if since is None:
                    return (), {}
                # The rows themselves are read only where the newest of them lie.
                stretch = moment(since), moment(until)
                look_at(opened, [segment for segment in segments if segment.touches(*stretch)])
                for line, item, value, time in opened.execute(WANTED, [since, until]).fetchall():
                    row = record_of(line)
                    if isinstance(row, Prediction):
                        found[row.id] = row
                        event = () if item is None else (event_of(row.id, item, value, time),)
                        truths[row.id] = (*truths.get(row.id, ()), *event)
            return tuple(sorted(found.values(), key=lambda row: row.time)), truths

        return self._ask(ask)

    def _ask(self, question: Callable[[Sequence[Segment]], Found], *, since: datetime | None = None) -> Found:
        """Ask again where a segment was closed or compacted, and so renamed, between the listing and the reading."""
        for _ in range(TRIES):
            segments = self._listed(since)
            try:
                return question(segments)
            except StorageError:
                if all(os.path.lexists(segment.path) for segment in segments):
                    raise
        raise StorageError(
            f"The prediction log in {self.folder} changes faster than it can be read.", next_step="try again"
        )


BETWEEN = "SELECT line FROM log WHERE kind IS NULL OR (? IS NULL OR time >= ?) AND (? IS NULL OR time <= ?)"
FIND_IN_PARTS = "SELECT line FROM log WHERE key = md5_number(?)::UUID AND kind IN ('answer', 'silent')"
FIND_IN_LINES = "SELECT line FROM log WHERE id = ? AND kind IN ('answer', 'silent')"
OF_USER = 'SELECT DISTINCT id FROM log WHERE "user" IN (SELECT unnest(?::VARCHAR[]))'
NAMED = 'SELECT 1 FROM log WHERE length("user") = ? LIMIT 1'
ANSWERED = """
    SELECT id FROM log WHERE kind = 'answer' AND key IN (SELECT md5_number(unnest(?::VARCHAR[]))::UUID)
"""
COUNT = "SELECT count(*) FILTER (kind = 'answer'), count(*) FILTER (kind IS NULL) FROM log"
WANTED = """
    SELECT line, item, value, known FROM log JOIN wanted ON log.key = wanted.key
    WHERE kind = 'answer' AND log.time BETWEEN ? AND ?
"""


def _records(
    opened: duckdb.DuckDBPyConnection, question: str, parameters: list[object]
) -> Iterator[Logged | None]:
    """Yield the records that a question returns as lines; None stands for a line that is damaged."""
    result = opened.execute(question, parameters)
    while rows := result.fetchmany(10_000):
        for (line,) in rows:
            yield None if line is None else record_of(line)
