"""Pieces: the stretches of the input that are scored one by one, each whole or not at all."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import ClassVar

from trunkline.core.record import Record, UtcTime
from trunkline.core.release import Release
from trunkline.predictions.segments import TIME

ROWS = 100_000
"""Rows of a piece, at most."""
BYTES = 32 * 2**20
"""Bytes of a piece that is text, at most; one longer row is a piece of its own."""
BATCH = 2_000
"""Rows that the model is asked for at once."""


class Piece(Record):
    """A stretch of one input file."""

    number: int
    file: int
    """The place of its file among the input's."""
    first: int
    """The number of its first row in the file, from 0."""
    rows: int
    start: int = 0
    """Of text: the byte at which it begins. Of Parquet: the row group."""
    length: int = 0
    """Of text: its bytes. Of Parquet: its first row in the row group."""


class Input(Record):
    """One file that is read."""

    name: str
    size: int
    tag: str


class Scored(Record):
    """What became of a piece; written last, so a piece without it is scored again."""

    answered: int
    rejected: int


class Run(Record):
    """One scoring of one input: what a resumed run goes on with, so that its output is of one piece."""

    SCHEMA: ClassVar[str] = "trunkline/scoring-run/1"

    id: str
    began: UtcTime
    """The time of all its answers in the prediction log."""
    release: Release
    source: str
    target: str
    format: str
    inputs: tuple[Input, ...]
    header: tuple[str, ...] = ()
    """The names in the first line of a CSV file."""
    keep: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    pieces: tuple[Piece, ...]

    @property
    def rows(self) -> int:
        """Return how many rows the input has, as far as it can be cut into rows."""
        return sum(piece.rows for piece in self.pieces)

    def answer_id(self, piece: Piece, place: int) -> str:
        """Return the id of the answer at a place of a piece: the same each time that it is scored."""
        return hashlib.sha256(f"{self.id}/{piece.number}/{place}".encode()).hexdigest()[:32]

    def stem(self, piece: Piece) -> str:
        """Return the stem of the log's segment with a piece's answers, by which readers count it once."""
        return f"{_utc(self.began)}-score-{self.id[:16]}-{piece.number:06d}"


def _utc(time: datetime) -> str:
    return f"{time:{TIME}}"
