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
    SELECT bundle, any_value(json_extract_string(line, '$.version'))
    FROM log WHERE key IN (SELECT unnest(?::UUID[])) GROUP BY bundle
"""
"""The version of each bundle, read from one record of it: parts have no column for it."""


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
        versions = dict(opened.execute(VERSIONS, [keys]).fetchall()) if keys else {}
    answered: Counter[tuple[int, str]] = Counter()
    for kind, arm, bundle, count, _ in rows:
        if kind != "rejection":
            answered[int(versions[bundle]), arm] += count
    return Totals(answered, sum(row[3] for row in rows if row[0] == "rejection"))
