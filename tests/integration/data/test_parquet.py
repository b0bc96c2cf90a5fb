"""load() may point to Parquet: the contract's columns are read, exactly, and nothing that does not fit into memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from trunkline.core.errors import DataError
from trunkline.data import check_rows, parquet

EXACT = 2**53 + 1


class Contract(pandera.DataFrameModel):
    who: pd.Int64Dtype = pandera.Field(nullable=True)
    town: str = pandera.Field(isin=["here", "there"])
    paid: bool = pandera.Field(metadata={"role": "outcome"})


TABLE = pa.table(
    {
        "paid": pa.array([True, False, True]),
        "who": pa.array([EXACT, None, 3]),
        "noise": pa.array(["x" * 10, "y", "z"]),
        "town": pa.array(["here", "there", "here"]).dictionary_encode(),
    }
)


def as_file(folder: Path) -> str:
    pq.write_table(TABLE, folder / "rows.parquet")
    return str(folder / "rows.parquet")


def as_folder(folder: Path) -> Path:
    for place in range(3):
        pq.write_table(TABLE.slice(place, 1), folder / f"{place}.parquet")
    return folder


WAYS: dict[str, Callable[[Path], Any]] = {
    "file": as_file,
    "folder": as_folder,
    "data set": lambda folder: ds.dataset(as_file(folder)),
    "table": lambda folder: TABLE,
}


@pytest.mark.parametrize("way", WAYS)
def test_the_contracts_columns_are_read_without_losing_a_digit(way: str, tmp_path: Path) -> None:
    rows = check_rows(WAYS[way](tmp_path), Contract)
    assert list(rows.columns) == ["who", "town", "paid"]
    assert rows["who"].isna().tolist() == [False, True, False]
    assert rows["who"].tolist()[0] == EXACT
    assert rows["town"].tolist() == ["here", "there", "here"]


def test_a_column_that_the_file_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="town"):
        check_rows(TABLE.drop_columns(["town"]), Contract)


def test_what_is_no_parquet_is_said(tmp_path: Path) -> None:
    (tmp_path / "rows.parquet").write_text("a,b\n1,2\n")
    for path in (tmp_path / "rows.parquet", tmp_path / "nothing.parquet"):
        with pytest.raises(DataError, match="Parquet"):
            check_rows(path, Contract)


def test_rows_beyond_memory_are_refused_before_they_are_read() -> None:
    class Endless:
        """Says that it has more rows than any machine."""

        def count_rows(self) -> int:
            return 10**13

        def head(self, count: int, columns: list[str]) -> pa.Table:
            return TABLE.select(columns)

    endless: Any = Endless()
    with pytest.raises(DataError, match="memory"):
        parquet.require_room(endless, ["who"], "load()")
