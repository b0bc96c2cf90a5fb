"""Answers joined to their ground truth, however late it came, in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .database import look_at, microseconds, moment
from .ground_truth import Truth, latest_truth
from .segments import Segment

if TYPE_CHECKING:
    import duckdb

FEW = 4
"""Segments that are looked through first for the newest labelled answers."""
LATER = datetime.max.replace(tzinfo=UTC)
ITEMS = "SELECT 1 FROM latest WHERE item <> '' LIMIT 1"
OUTCOMES = """
    CREATE OR REPLACE TEMP TABLE wanted AS
    SELECT latest.key AS key, log.time AS time, item, value, latest.time AS known
    FROM log JOIN latest ON log.key = latest.key
    WHERE kind = 'answer'{and_bundle}{newest}
"""
"""Where each answer has one outcome."""
EVENTS = """
    CREATE OR REPLACE TEMP TABLE wanted AS
    SELECT answers.key AS key, answers.time AS time, item, value, latest.time AS known
    FROM (SELECT key, log.time AS time FROM log WHERE kind = 'answer' AND {which}{and_bundle}{newest}) answers
    LEFT JOIN latest ON latest.key = answers.key
"""
"""One row an event; one with no item of an answer that nothing was recorded of."""
OF_BUNDLE = " AND bundle = ?"
NEWEST = " ORDER BY log.time DESC LIMIT ?"
OLDEST = " ORDER BY log.time LIMIT ?"


def join_truth(
    opened: duckdb.DuckDBPyConnection,
    segments: Sequence[Segment],
    truth: Truth,
    *,
    bundle: str = "",
    newest: int | None = None,
    oldest: int | None = None,
    before: datetime | None = None,
) -> bool:
    """Fill the table `wanted` with the newest answers whose outcome is known, or the oldest, one row an event: the
    answer's `key` and `time`, the `item`, the `value`, and since when it is `known`.

    Known is what something was recorded of; where silence says something too, every answer given `before` a time, and
    no later one: what was clicked soon is no fair share of all. Returns whether there is any ground truth.
    Raises DataError when it cannot be read.
    """
    if not latest_truth(opened, truth):
        return False
    which = "key IN (SELECT key FROM latest)"
    times: list[int | None] = []
    if before is not None:
        which, times = "log.time < ?", [microseconds(before)]
    plain = before is None and not opened.execute(ITEMS).fetchall()
    opened.execute("SET preserve_insertion_order = false")
    # The labels are kept and the log streams past them. The database guesses from the first file, which may be short.
    opened.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
    of_bundle, bundles = (OF_BUNDLE, [bundle]) if bundle else ("", [])
    limit, limits = (NEWEST, [newest]) if newest is not None else ("", [])
    if oldest is not None:
        limit, limits = OLDEST, [oldest]
    # The newest first: what ended before the oldest of enough answers is not read.
    ordered = sorted(segments, key=lambda segment: segment.last or LATER, reverse=True)
    take = FEW if newest is not None else len(ordered)
    while True:
        look_at(opened, ordered[:take])
        question = (OUTCOMES if plain else EVENTS).format(which=which, and_bundle=of_bundle, newest=limit)
        opened.execute(question, [*times, *bundles, *limits])
        counted = "count(*)" if plain else "count(DISTINCT key)"
        found, earliest = opened.execute(f"SELECT {counted}, min(time) FROM wanted").fetchall()[0]  # noqa: S608
        rest = ordered[take:]
        if not rest or (found == newest and (rest[0].last or LATER) < moment(earliest)):
            return True
        take *= 4
