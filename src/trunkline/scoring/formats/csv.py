"""CSV: a line of names, then a row a line, with commas between and quotes around what needs them (RFC 4180)."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from trunkline.core.contract import Column
from trunkline.core.errors import DataError
from trunkline.inputs import input_of

from ..found import Found
from ..pieces import BATCH, Piece
from ..places import Place
from .protocol import Raw, Writer
from .text import LONGEST, MARK, OutsideQuotes, cut

HEAD = 2**16
"""Bytes that the line of names may have."""


class Csv:
    """CSV in UTF-8."""

    apart: ClassVar[bool] = False

    def header(self, place: Place, name: str) -> tuple[str, ...] | None:
        """Return the names in the first line."""
        line = _head(place, name)
        try:
            names = next(csv.reader(io.StringIO(line.removeprefix(MARK).decode(), newline="")), [])
        except (UnicodeDecodeError, csv.Error) as error:
            raise DataError(f"{name} is no CSV in UTF-8: {error}.", next_step="write it anew") from error
        if not any(names):
            raise DataError(
                f"{name} has no line of names.", next_step="write the columns' names into its first line"
            )
        return tuple(names)

    def pieces(self, place: Place, file: Found, most: int) -> Iterator[Piece]:
        """Yield stretches of whole rows, without the line of names."""
        return cut(place, file, OutsideQuotes(), most, begin=len(_head(place, file.name)))

    def rows(
        self, place: Place, name: str, piece: Piece, header: Sequence[str], columns: Mapping[str, Column]
    ) -> Iterator[list[Raw]]:
        """Yield the rows; an empty cell is null, an empty line is no row."""
        csv.field_size_limit(LONGEST)
        kinds = [input_of(columns[each]) if each in columns else None for each in header]
        content = place.read(name, piece.start, piece.length)
        text = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8", errors="surrogateescape", newline="")
        batch: list[Raw] = []
        number = piece.first - 1
        for number, cells in enumerate(csv.reader(text), piece.first):
            if not cells:
                continue
            batch.append(Raw(number, _row(cells, header, kinds)))
            if len(batch) == BATCH:
                yield batch
                batch = []
        if number - piece.first + 1 != piece.rows:
            raise DataError(
                f"{name}: from row {piece.first} on, quotes or line ends stand where CSV has none.",
                next_step='write a value with a quote in it as "5"" pipe", and end each line by \\n',
            )
        if batch:
            yield batch

    def writer(self, path: Path, fields: Mapping[str, str]) -> Writer:
        """Return what writes a row a line."""
        return _Rows(path, list(fields))

    def join(self, parts: Iterator[Path], path: Path, fields: Mapping[str, str]) -> None:
        """Write the line of names, then one part after the other."""
        with path.open("w", encoding="utf-8", newline="") as names:
            csv.writer(names, lineterminator="\n").writerow(fields)
        with path.open("ab") as target:
            for part in parts:
                with part.open("rb") as stream:
                    shutil.copyfileobj(stream, target, 2**20)


class _Rows:
    def __init__(self, path: Path, names: list[str]) -> None:
        self._names = names
        self._stream = path.open("w", encoding="utf-8", newline="")
        self._csv = csv.writer(self._stream, lineterminator="\n")

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        self._csv.writerows([_cell(row[name]) for name in self._names] for row in rows)

    def close(self) -> None:
        self._stream.close()


def _head(place: Place, name: str) -> bytes:
    """Return the line of names, with its newline."""
    with place.opened(name) as stream:
        begin = bytes(stream.read(HEAD))
    ends = OutsideQuotes()(_bytes(begin))
    if not len(ends) and len(begin) == HEAD:
        raise DataError(
            f"{name}: the line of names is longer than {HEAD // 2**10} kB.",
            next_step="is it a file of rows, as CSV?",
        )
    return begin[: int(ends[0]) + 1] if len(ends) else begin


def _bytes(content: bytes) -> Any:
    import numpy as np

    return np.frombuffer(content, dtype=np.uint8)


def _row(cells: Sequence[str], header: Sequence[str], kinds: Sequence[Any]) -> Mapping[str, Any] | str:
    if len(cells) != len(header):
        return f"the row has {len(cells)} values, and the line of names {len(header)}"
    try:
        return {
            name: None if cell == "" else cell if kind is None else _parsed(kind, cell)
            for name, cell, kind in zip(header, cells, kinds, strict=True)
        }
    except UnicodeEncodeError:
        return "the row is not UTF-8 text"


def _parsed(kind: Any, cell: str) -> object:
    if not cell.isascii():
        cell.encode()
    try:
        return kind.parse(cell)
    except ValueError:
        return cell


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, dict | list) else value
