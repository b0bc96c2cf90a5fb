"""Times as texts: ISO 8601 with or without a zone, in one form that sorts."""

from __future__ import annotations

import re
from datetime import UTC, datetime

ISO = re.compile(r"\d{4}(-\d\d(-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?)?)?", re.ASCII)
LENGTHS = {4: "-01-01", 7: "-01"}
"""What a year, and a month, need to become a day."""
MICROSECONDS = 6


def read_time(text: str) -> str:
    """Return a time in the form in which times are kept: `2024-05-31T22:30:00` in UTC, without a zone.

    A time without a zone is taken as UTC. Years, months and days stay as short as they were written, so that the texts
    sort as the times do. Raises ValueError for what is no ISO 8601, and for parts of a microsecond.
    """
    if not ISO.fullmatch(text):
        raise ValueError("write it as ISO 8601, such as 2024-05-31 or 2024-05-31T22:30:00Z")
    if len(text) <= len("2024-05-31"):
        datetime.fromisoformat(text + LENGTHS.get(len(text), ""))
        return text
    fraction = re.search(r"\.(\d+)", text)
    if fraction and fraction[1][MICROSECONDS:].strip("0"):
        raise ValueError("round it to microseconds")
    time = datetime.fromisoformat(text)
    try:
        utc = time.astimezone(UTC) if time.tzinfo else time
    except OverflowError as error:
        raise ValueError("choose a time between the years 1 and 9999") from error
    return time_text(utc)


def time_text(time: datetime) -> str:
    """Return a time in the form in which times are kept; one with a zone is moved to UTC."""
    utc = time.astimezone(UTC) if time.tzinfo else time
    words = utc.strftime("%Y-%m-%dT%H:%M:%S").rjust(len("2024-05-31T22:30:00"), "0")
    return words + f".{utc.microsecond:06d}".rstrip("0") if utc.microsecond else words


def instant(text: str) -> datetime:
    """Return the begin of a time that `read_time` gave, in UTC.

    Raises ValueError as `read_time` does.
    """
    kept = read_time(text)
    return datetime.fromisoformat(kept + LENGTHS.get(len(kept), "")).replace(tzinfo=UTC)


def stamp_text(seconds: float) -> str:
    """Return seconds since 1970 as a time."""
    return time_text(datetime.fromtimestamp(seconds, UTC))
