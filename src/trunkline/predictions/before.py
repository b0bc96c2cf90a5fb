"""The answers before a time: read from the end of the log, as far back as it takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from .database import database, look_at, microseconds
from .newest import record_of
from .records import Prediction
from .segments import Segment

FEW = 4
LATER = datetime.max.replace(tzinfo=UTC)
BEFORE = """
    SELECT line FROM log WHERE kind = 'answer' AND arm = 'champion' AND time < ? AND bundle <> ?
    ORDER BY time DESC LIMIT ?
"""


def answers_before(
    segments: Sequence[Segment], time: datetime, newest: int, not_by: str
) -> tuple[Prediction, ...]:
    """Return the newest answers of champions before a time, of another bundle than `not_by`; oldest first.

    Raises StorageError when a file cannot be read.
    """
    fitting = [segment for segment in segments if segment.touches(None, time)]
    ordered = sorted(fitting, key=lambda segment: segment.last or LATER, reverse=True)
    take = FEW
    while True:
        with database() as opened:
            look_at(opened, ordered[:take])
            lines = opened.execute(BEFORE, [microseconds(time), not_by, newest]).fetchall()
        found = [row for (line,) in lines if isinstance(row := record_of(line), Prediction)]
        rest = ordered[take:]
        if not rest or (len(found) >= newest and (rest[0].last or LATER) < found[-1].time):
            return tuple(found[::-1])
        take *= 4
