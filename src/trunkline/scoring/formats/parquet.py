"""Parquet: row groups, read batch by batch."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

from trunkline.core.contract import Column
from trunkline.core.errors import DataError, StorageError
from trunkline.inputs import InputType, input_of

from ..found import Found
from ..pieces import BATCH, Piece
from ..places import Place
from .protocol import Raw, Writer

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError as missing:
    raise StorageError(
        "Parquet files need the package pyarrow, which is not installed.",
        next_step="install Trunkline's extra `train`, or use .csv or .jsonl",
    ) from missing

STORED = {"int64": int, "float64": float, "bool": bool, "str": str}
BUFFER = 2**20


class Parquet:
    """Parquet."""

    apart: ClassVar[bool] = True

    def header(self, place: Place, name: str) -> tuple[str, ...] | None:
        """Return the names in the file's schema."""
        with place.opened(name) as stream:
            return tuple(_file(stream, name).schema_arrow.names)

    def pieces(self, place: Place, file: Found, most: int) -> Iterator[Piece]:
        """Yield row groups, long ones in several pieces."""
        with place.opened(file.name) as stream:
            metadata = _file(stream, file.name).metadata
            sizes = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
        number = first = 0
        for group, size in enumerate(sizes):
            for begin in range(0, size, most):
                rows = min(most, size - begin)
                yield Piece(number=number, file=0, first=first, rows=rows, start=group, length=begin)
                number, first = number + 1, first + rows

    def rows(
        self, place: Place, name: str, piece: Piece, header: Sequence[str], columns: Mapping[str, Column]
    ) -> Iterator[list[Raw]]:
        """Yield the rows; NaN is null, as pandas writes it."""
        kinds = {each: input_of(column) for each, column in columns.items()}
        skip, left, number = piece.length, piece.rows, piece.first
        with place.opened(name) as stream:
            batches = _file(stream, name).iter_batches(BATCH, row_groups=[piece.start], columns=list(header))
            for batch in batches:
                if skip >= batch.num_rows:
                    skip -= batch.num_rows
                    continue
                part = batch.slice(skip, left)
                skip = 0
                values = [
                    [_value(value, kinds.get(each)) for value in part.column(each).to_pylist()]
                    for each in part.schema.names
                ]
                yield [
                    Raw(number + place_, dict(zip(part.schema.names, row, strict=True)))
                    for place_, row in enumerate(zip(*values, strict=True))
                ]
                number, left = number + part.num_rows, left - part.num_rows
                if not left:
                    return

    def writer(self, path: Path, fields: Mapping[str, str]) -> Writer:
        """Return what writes a row group a batch of rows."""
        return _Groups(path, fields)

    def join(self, parts: Iterator[Path], path: Path, fields: Mapping[str, str]) -> None:
        """Write the row groups of one part after the other."""
        with pq.ParquetWriter(path, _schema(fields)) as target:
            for part in parts:
                target.write_table(pq.read_table(part, schema=_schema(fields)))


class _Groups:
    def __init__(self, path: Path, fields: Mapping[str, str]) -> None:
        self._schema = _schema(fields)
        self._target = pq.ParquetWriter(path, self._schema)

    def write(self, rows: Sequence[Mapping[str, Any]]) -> None:
        columns = [
            pa.array([_stored(row[field.name], field.type) for row in rows], type=field.type)
            for field in self._schema
        ]
        self._target.write_table(pa.Table.from_arrays(columns, schema=self._schema))

    def close(self) -> None:
        self._target.close()


def _file(stream: Any, name: str) -> Any:
    try:
        return pq.ParquetFile(pa.PythonFile(stream, mode="r"), buffer_size=BUFFER, pre_buffer=False)
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"{name} is no Parquet file: {str(error)[:200]}.", next_step="write it anew"
        ) from error


def _schema(fields: Mapping[str, str]) -> Any:
    kinds = {"integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_()}
    return pa.schema([(name, kinds.get(kind, pa.string())) for name, kind in fields.items()])


def _stored(value: object, kind: Any) -> object:
    if value is None or not pa.types.is_string(kind) or isinstance(value, str):
        return value
    return json.dumps(value)


def _value(value: object, kind: InputType | None) -> object:
    """Return a cell in a JSON type, and in that of its column where nothing is lost."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if kind is not None:
        if kind.plain and type(value) is STORED[kind.stored]:
            return str(value) if isinstance(value, float) and math.isinf(value) else value
        if (exact := kind.exact(value)) is not None:
            return exact
    return _plain(value)


def _plain(value: object) -> object:
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)
