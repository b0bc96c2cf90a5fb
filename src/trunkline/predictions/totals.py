"""A whole log, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .database import database, look_at
from .segments import Segment

TOTALS = """
    SELECT kind, CASE kind WHEN 'silent' THEN 'silent' ELSE arm END AS arm, bundle, count(*), min(key)
    FROM log WHERE kind IS NOT NULL GROUP BY ALL
"""
VERSIONS = """
    SELECT bundle, any_value(try_cast(json_extract_string(line, '$.version') AS BIGINT))
    FROM log WHERE {rows} GROUP BY bundle
"""
"""The version of each bundle, which parts have no column for."""
OF_ONE_RECORD = VERSIONS.format(rows="key IN (SELECT unnest(?::UUID[]))")
OF_EVERY_RECORD = VERSIONS.format(rows="bundle IN (SELECT unnest(?::VARCHAR[]))")
"""Dearer, for bundles whose first record is damaged."""


@dataclass(frozen=True)
class Totals:
    """What a whole log holds, counted."""

    answered: Mapping[tuple[int, str], int]
    """By version and arm, silent ones included."""
    rejections: int

    @property
    def answers(self) -> int:
        """Return how many answers users got."""
        return sum(count for (_, arm), count in self.answered.items() if arm != "silent")


def count_all(segments: Sequence[Segment]) -> Totals:
    """Return what segments hold; raises StorageError when a file cannot be read."""
    with database() as opened:
        look_at(opened, segments)
        rows = opened.execute(TOTALS).fetchall()
        keys = [key for *_, key in rows if key is not None]
        versions = dict(opened.execute(OF_ONE_RECORD, [keys]).fetchall()) if keys else {}
        if unread := [bundle for bundle, version in versions.items() if bundle and version is None]:
            versions |= opened.execute(OF_EVERY_RECORD, [unread]).fetchall()
    answered: Counter[tuple[int, str]] = Counter()
    for kind, arm, bundle, count, _ in rows:
        version = versions.get(bundle)
        if kind in ("answer", "silent") and version is not None:
            answered[version, arm] += count
    return Totals(answered, sum(row[3] for row in rows if row[0] == "rejection"))
