"""Text: files of lines, cut at the ends of rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from trunkline.core.errors import DataError

from ..found import Found
from ..pieces import BYTES, Piece
from ..places import Place

READ = 4 * 2**20
LONGEST = 16 * 2**20
"""Bytes of a row, at most: a quote that is never closed would take the rest of the file for one."""
NEWLINE = 10
MARK = b"\xef\xbb\xbf"

Ends = Callable[[NDArray[np.uint8]], NDArray[np.int64]]
"""Returns where rows end in the next bytes of a file: the places of their newlines."""


def cut(place: Place, file: Found, ends: Ends, most: int, *, begin: int = 0) -> Iterator[Piece]:
    """Yield the pieces of a text file from a byte on, each of whole rows; a last row needs no newline."""
    number, first, start, rows, read = 0, 0, begin, 0, begin
    last = begin
    """Where the last whole row ended."""
    with place.opened(file.name) as stream:
        stream.seek(begin)
        while content := bytes(stream.read(READ)):
            found = ends(np.frombuffer(content, dtype=np.uint8)) + read + 1
            read += len(content)
            done = 0
            while done < len(found):
                fit = min(
                    len(found),
                    done + most - rows,
                    max(int(np.searchsorted(found, start + BYTES, "right")), done),
                )
                if fit == done and rows == 0:
                    fit = done + 1  # one row that is longer than a piece
                if fit > done:
                    rows, last, done = rows + fit - done, int(found[fit - 1]), fit
                if done < len(found) or rows == most:
                    yield Piece(
                        number=number, file=0, first=first, rows=rows, start=start, length=last - start
                    )
                    number, first, start, rows = number + 1, first + rows, last, 0
            if read - last > LONGEST:
                raise DataError(
                    f"{file.name}: row {first + rows} is longer than {LONGEST // 2**20} MB.",
                    next_step="look for a quote that is never closed",
                )
    if read > last:
        rows, last = rows + 1, read
    if rows:
        yield Piece(number=number, file=0, first=first, rows=rows, start=start, length=last - start)


def newlines(content: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return where lines end."""
    return np.flatnonzero(content == NEWLINE)


class OutsideQuotes:
    """Finds the newlines that stand in no quotes, from one stretch of a CSV file to the next."""

    def __init__(self) -> None:
        self._open = False

    def __call__(self, content: NDArray[np.uint8]) -> NDArray[np.int64]:
        """Return where rows end."""
        ends = np.flatnonzero(content == NEWLINE)
        quotes = np.flatnonzero(content == ord('"'))
        if len(quotes):
            odd = (np.searchsorted(quotes, ends) + self._open) % 2 == 1
            self._open ^= bool(len(quotes) % 2)
            return np.asarray(ends[~odd])
        return ends[:0] if self._open else ends
