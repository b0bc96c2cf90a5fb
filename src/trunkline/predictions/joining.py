"""Answers joined to their ground truth, however late it came, in the database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .database import look_at, moment
from .ground_truth import Truth, latest_truth
from .segments import Segment

if TYPE_CHECKING:
    import duckdb

FEW = 4
"""Segments that are looked through first for the newest labelled answers."""
LATER = datetime.max.replace(tzinfo=UTC)
LABELLED = """
    CREATE OR REPLACE TEMP TABLE wanted AS
    SELECT latest.key AS key, log.time AS time, value, latest.time AS known
    FROM log JOIN latest ON log.key = latest.key AND item = ''
    WHERE kind = 'answer'
"""
OF_BUNDLE = " AND bundle = ?"
NEWEST = " ORDER BY log.time DESC LIMIT ?"


def join_truth(
    opened: duckdb.DuckDBPyConnection,
    segments: Sequence[Segment],
    truth: Truth,
    *,
    bundle: str = "",
    newest: int | None = None,
) -> bool:
    """Fill the table `wanted` with the newest answers whose outcome is known: its `key`, `time`, `value`, and since
    when it is `known`.

    Returns whether there is any ground truth. Raises DataError when it cannot be read.
    """
    if not latest_truth(opened, truth):
        return False
    opened.execute("SET preserve_insertion_order = false")
    # The labels are kept and the log streams past them. The database guesses from the first file, which may be short.
    opened.execute("SET disabled_optimizers = 'join_order,build_side_probe_side'")
    of_bundle, bundles = (OF_BUNDLE, [bundle]) if bundle else ("", [])
    limit, limits = (NEWEST, [newest]) if newest is not None else ("", [])
    # The newest first: what ended before the oldest of enough answers is not read.
    ordered = sorted(segments, key=lambda segment: segment.last or LATER, reverse=True)
    take = FEW if newest is not None else len(ordered)
    while True:
        look_at(opened, ordered[:take])
        opened.execute(LABELLED + of_bundle + limit, [*bundles, *limits])
        found, oldest = opened.execute("SELECT count(*), min(time) FROM wanted").fetchall()[0]
        rest = ordered[take:]
        if not rest or (found == newest and (rest[0].last or LATER) < moment(oldest)):
            return True
        take *= 4
