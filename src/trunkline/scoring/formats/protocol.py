"""What every format of rows offers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Protocol

from trunkline.core.contract import Column

from ..found import Found
from ..pieces import Piece
from ..places import Place


class Raw(NamedTuple):
    """A row as a file has it: values in JSON types, or the reason why it is no row."""

    number: int
    values: Mapping[str, Any] | str


class Writer(Protocol):
    """Writes the answers of one piece."""

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Write rows; each has all fields."""
        ...

    def close(self) -> None:
        """Write what is left."""
        ...


class Format(Protocol):
    """A format of files of rows."""

    apart: ClassVar[bool]
    """Whether some columns of a row can be read without the others."""

    def header(self, place: Place, name: str) -> tuple[str, ...] | None:
        """Return the names of a file's columns; None where each row names its own. Raises DataError."""
        ...

    def pieces(self, place: Place, file: Found, most: int) -> Iterator[Piece]:
        """Yield the pieces of a file, of at most so many rows, numbered from 0. Raises DataError where none can be."""
        ...

    def rows(
        self, place: Place, name: str, piece: Piece, header: Sequence[str], columns: Mapping[str, Column]
    ) -> Iterator[list[Raw]]:
        """Yield the rows of a piece, batch by batch; what does not fit the type of its column stays as it is."""
        ...

    def writer(self, path: Path, fields: Mapping[str, str]) -> Writer:
        """Return what writes a piece's answers to a file; `fields` says the JSON type of each."""
        ...

    def join(self, parts: Iterator[Path], path: Path, fields: Mapping[str, str]) -> None:
        """Write one file of the answers of all pieces."""
        ...
