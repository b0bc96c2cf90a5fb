"""Parquet: rows that load() points to are read here, the contract's columns alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pyarrow as pa
import pyarrow.dataset as ds

from trunkline.core.contract import Contract
from trunkline.core.errors import DataError

TIMES = 4
"""How many times a frame is in memory while it is read and checked: 5 million rows of 20 columns, 3.4 for reading."""
LOOKED_AT = 10_000
NULLABLE = {
    **{kind: pd.Int64Dtype() for kind in (pa.int8(), pa.int16(), pa.int32(), pa.int64())},
    pa.bool_(): pd.BooleanDtype(),
}
"""Whole numbers with nulls stay whole: as floats they would lose digits."""


def as_frame(given: Any, contract: Contract, *, origin: str) -> Any:
    """Return the rows of a path (a file, or a folder of files), a pyarrow data set or table; anything else as it is.

    Columns that the contract does not have are not read. Raises DataError where there is no Parquet, and before rows
    are read that do not fit into memory.
    """
    if isinstance(given, pa.Table):
        given = ds.dataset(given)
    try:
        if isinstance(given, str | Path):
            given = ds.dataset(str(given), format="parquet", partitioning="hive")
        if not isinstance(given, ds.Dataset):
            return given
        names = [column.name for column in contract.columns if column.name in given.schema.names]
        require_room(given, names, origin)
        table = given.to_table(columns=names)
    except (OSError, pa.ArrowException) as error:
        raise DataError(
            f"{origin} points to rows that cannot be read as Parquet: {error}.",
            next_step=f"give a Parquet file, a folder of them, a pyarrow data set or a pandas DataFrame in {origin}",
        ) from error
    return table.to_pandas(types_mapper=NULLABLE.get, split_blocks=True, self_destruct=True)


def require_room(rows: ds.Dataset, names: list[str], origin: str) -> None:
    """Raise DataError when rows would not fit into memory."""
    count, head = rows.count_rows(), rows.head(LOOKED_AT, columns=names)
    needed = TIMES * head.nbytes / max(1, len(head)) * count
    free = psutil.virtual_memory().available
    if needed > free:
        raise DataError(
            f"The {count:,} rows of {origin} need about {needed / 2**30:,.1f} GB of memory, and {free / 2**30:,.1f} GB "
            "are free: models learn from rows in memory.",
            next_step=f"give fewer rows or columns in {origin}, or take a machine with more memory",
        )
