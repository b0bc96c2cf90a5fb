"""A stretch of the prediction log, as monitors look at it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter

from .records import Failure, Prediction, Rejection


@dataclass(frozen=True)
class LogWindow:
    """A stretch of the prediction log, oldest first."""

    predictions: tuple[Prediction, ...] = ()
    """What users were answered."""
    rejections: tuple[Rejection, ...] = ()
    """Requests that broke the contract."""
    silent: tuple[Prediction, ...] = ()
    """What a silent challenger would have answered, in the same stretch of time."""
    failures: tuple[Failure, ...] = ()
    """Rows that a version did not answer; only a whole stretch of time has them."""
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
        return window_of(sorted(rows, key=attrgetter("time"))[-requests:], self.silent, self.torn)


def window_of(
    rows: Sequence[Prediction | Rejection], silent: Iterable[Prediction], torn: int, *, whole: bool = False
) -> LogWindow:
    """Return a window of rows in order of time, with the silent answers meanwhile, or all if it is the `whole` log."""
    first = rows[0].time if rows else None
    return LogWindow(
        predictions=tuple(row for row in rows if isinstance(row, Prediction)),
        rejections=tuple(row for row in rows if isinstance(row, Rejection)),
        silent=tuple(
            row
            for row in sorted(silent, key=attrgetter("time"))
            if whole or first is None or row.time >= first
        ),
        torn=torn,
    )
