"""Time: a moment in ISO 8601, kept in UTC, or a day, month or year."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from random import Random
from typing import Annotated, Any

import numpy as np
from pydantic import AfterValidator, Field

from trunkline.core.errors import DataError
from trunkline.core.times import instant, read_time, stamp_text, time_text

from .counting import is_null
from .ends import ends
from .parted import Parted
from .profiles import AnyProfile, CategoryProfile, PartsProfile
from .protocol import Corner, Value
from .strictly import strictly

NOON = 1_717_156_800.0
"""A time in seconds since 1970, where the contract names none."""
YEAR = 31_536_000.0
SMALLEST_STEP = 1e-6
"""By which an open end moves, in seconds."""
DAY = 86_400.0
SEASONS = {
    "hour": tuple(f"{hour:02d}:00" for hour in range(24)),
    "weekday": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "month": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
}
SHORTEST = {"hour": len("2024-05-31T22:30"), "weekday": len("2024-05-31"), "month": len("2024-05")}
"""How long a text must be to say it."""
CYCLES = {"hour": ("day", DAY), "weekday": ("week", 7 * DAY), "month": ("year", 365 * DAY)}
"""The time in which each season comes once."""


class Time(Parted):
    """A time."""

    ranged = True
    summarised = False
    dtypes = ("datetime", "timestamp")
    plain = False
    open_parts = ()
    strange = ("1901-01-01", "2199-12-31T23:59:59.999999")
    tensor = ""

    def read(self, value: object) -> str:
        """Return the time as `read_time` writes it."""
        if not isinstance(value, str):
            raise ValueError("it is not a text: write it in quotes")
        text = read_time(value)
        if self.column.minimum is not None or self.column.maximum is not None:
            self.in_range(instant(text).timestamp(), small="it is too early", large="it is too late")
        return text

    def exact(self, value: object) -> Value | None:
        """Return the text of a time, a date or a timestamp of at most microseconds."""
        try:
            if isinstance(value, np.datetime64):
                value = _moment(value)
            if isinstance(value, datetime):
                return None if getattr(value, "nanosecond", 0) else time_text(value)
            if isinstance(value, date):
                return value.isoformat()
            return read_time(value) if isinstance(value, str) else None
        except (ValueError, OverflowError):
            return None

    def end(self, value: object, step: int) -> float:
        """Return seconds since 1970; an open end is a microsecond away."""
        if not isinstance(value, date):
            return super().end(value, step)
        moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() + step * SMALLEST_STEP

    def noun(self) -> str:
        """Return what it is."""
        return "a time in ISO 8601, such as 2024-05-31T22:30:00Z"

    def span(self) -> str:
        """Return the first and the last time."""
        least, most = self.column.minimum, self.column.maximum
        words = f", not before {stamp_text(least)}" if least is not None else ""
        return words + (f", not after {stamp_text(most)}" if most is not None else "")

    def annotation(self) -> Any:
        """Return a strict text that is a time."""
        rule = Field(json_schema_extra={"format": "date-time"})
        return Annotated[str, rule, AfterValidator(strictly(self.read))]

    def hint(self, value: object) -> str:
        """Return why it is no time, or none of the range."""
        if not isinstance(value, str):
            return ""
        try:
            self.read(value)
        except ValueError as error:
            return str(error)
        return ""

    def example(self) -> str:
        """Return the first time that the contract allows."""
        return _stamp(
            next(end for end in (self.column.minimum, self.column.maximum, NOON) if end is not None)
        )

    def drawn(self, random: Random) -> str:
        """Return any time of the range."""
        return _stamp(round(random.uniform(*ends(self.column, NOON, YEAR)), 3))

    def at(self, number: float) -> str:
        """Return the time at seconds since 1970."""
        return _stamp(number)

    def summary(self, values: Sequence[object]) -> AnyProfile:
        """Return the seasons of the times: hour, weekday and month, where the texts say them."""
        empty = {
            name: CategoryProfile(values=names, counts=(0,) * len(names)) for name, names in SEASONS.items()
        }
        whole = self.counted(PartsProfile(parts=empty), values)
        said = {name: part for name, part in whole.parts.items() if part.count}
        return whole.model_copy(update={"parts": said})

    def counted(self, like: AnyProfile, values: Sequence[object]) -> PartsProfile:
        """Return the seasons, and the first and the last moment."""
        times = [moment.timestamp() for moment in map(self._moment, values) if moment]
        span = (min(times), max(times)) if times else None
        return super().counted(like, values).model_copy(update={"span": span})

    def measured(self, values: Iterable[str], like: PartsProfile) -> Iterator[dict[str, object]]:  # noqa: ARG002
        """Return the seasons of each time: a day has no hour, and a year no month."""
        for value in values:
            text, moment = read_time(value), instant(value)
            places = {"month": moment.month - 1, "weekday": moment.weekday(), "hour": moment.hour}
            yield {
                name: SEASONS[name][place] for name, place in places.items() if len(text) >= SHORTEST[name]
            }

    def incomparable(self, before: PartsProfile, after: PartsProfile) -> dict[str, str]:
        """Return the seasons of which the reference or the window holds no whole cycle: some would never come."""
        found: dict[str, str] = {}
        for name, (cycle, seconds) in CYCLES.items():
            for words, profile in (("the reference", before), ("the window", after)):
                if name in before.parts and (
                    profile.span is None or profile.span[1] - profile.span[0] < seconds
                ):
                    found.setdefault(name, f"{words} covers less than a {cycle}")
        return found

    def _moment(self, value: object) -> datetime | None:
        try:
            return None if is_null(value) else instant(str(value))
        except ValueError as error:
            raise DataError(
                f"The column {self.column.name} holds {value!r}, which is no time: {error}."
            ) from error

    def encode(self, values: Sequence[object]) -> np.ndarray:
        """Return `datetime64[us]` in UTC without a zone; null is NaT."""
        starts = [None if value is None else instant(str(value)).replace(tzinfo=None) for value in values]
        return np.array(starts, dtype="datetime64[us]")

    def corners(self, seen: np.ndarray) -> list[Corner]:
        """Return the first and the last time of `seen`."""
        times = seen[~np.isnat(seen)]
        found = dict.fromkeys((times.min(), times.max())) if len(times) else {}
        return [Corner(str(end), end) for end in found]


def _moment(value: np.datetime64) -> datetime | None:
    """Return numpy's time where microseconds hold it."""
    if np.isnat(value) or value.astype("datetime64[us]") != value:
        return None
    found = value.astype("datetime64[us]").item()
    return found if isinstance(found, datetime) else None


def _stamp(seconds: float) -> str:
    """Return seconds since 1970 as callers write a time."""
    return f"{stamp_text(seconds)}Z"
