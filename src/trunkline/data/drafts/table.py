"""Table: a file of rows, and the line of pandas that reads it without losing anything."""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from trunkline.core.errors import DataError
from trunkline.core.raised import asking

SEPARATED = (".csv", ".tsv", ".txt")
LINES = (".jsonl", ".ndjson")
MARKS = ",;\t|"
"""What may separate columns, the likeliest first."""
SNIFFED = 65_536
"""Characters from which the separator is told."""
ALIKE = 0.9
"""Share of the lines that have the same number of cells."""
UNKNOWN = "?"
"""How many data sets write a null, beside what pandas knows."""
CODE = re.compile(r"[+-]?0\d+|\d{16,}")
"""A number that would not come back as it was written: leading zeros, or more digits than a float holds."""
COMMA = re.compile(r"[+-]?\d+,\d+")
NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")


@dataclass(frozen=True)
class Table:
    """Rows, and how they were read."""

    frame: pd.DataFrame
    function: str
    """The function of pandas."""
    options: Mapping[str, object]
    then: str = ""
    """What follows the call."""


def read_table(path: Path) -> Table:
    """Return the rows of a file: CSV (also compressed by gzip), Parquet or JSON lines.

    Separator, encoding, decimal comma and marks of null are told from the file. Raises DataError when it cannot be
    read, holds no rows, or has no line of names.
    """
    names = [suffix.lower() for suffix in path.suffixes]
    kind = next((name for name in reversed(names) if name != ".gz"), "")
    if not path.is_file():
        raise DataError("There is no such file.", value=str(path), next_step="name a file of rows")
    with asking(f"{path.name} cannot be read:", "correct the file", kind=DataError):
        if kind in SEPARATED:
            table = _separated(path)
        elif kind == ".parquet":
            table = _parquet(path)
        elif kind in LINES:
            table = Table(pd.read_json(path, lines=True), "read_json", {"lines": True})
        else:
            raise DataError(
                f"{path.name} is of a kind that is not read here.",
                value=kind or path.name,
                next_step="write it as CSV, Parquet or JSON lines (.csv, .parquet, .jsonl)",
            )
    if table.frame.empty:
        raise DataError(f"{path.name} holds no rows.", next_step="name a file of rows")
    return table


def _parquet(path: Path) -> Table:
    frame = pd.read_parquet(path)
    if any(frame.index.names):  # a column all the same, perhaps the key
        return Table(frame.reset_index(), "read_parquet", {}, ".reset_index()")
    return Table(frame, "read_parquet", {})


def _separated(path: Path) -> Table:
    raw = path.read_bytes()
    if path.suffix.lower() == ".gz":
        raw = gzip.decompress(raw)
    encoding = _encoding(raw, path.name)
    text = raw.decode(encoding).removeprefix("\ufeff")
    options: dict[str, object] = {}
    separator = _separator(text)
    if separator != ",":
        options["sep"] = separator
    if encoding != "utf-8":
        options["encoding"] = encoding
    first = next(csv.reader(io.StringIO(text), delimiter=separator), [])
    if len(first) < (width := _width(_head(text), separator)):
        raise DataError(
            f"The first line of {path.name} has {len(first)} cells, the others {width}.",
            value=", ".join(first),
            next_step="remove what stands above the names of the columns",
        )
    _require_names(first, path.name)
    cells = pd.read_csv(io.StringIO(text), sep=separator, dtype=str)
    texts = [cells[name].dropna() for name in cells]
    if any(len(one) and one.str.startswith(" ").all() for one in texts):
        options["skipinitialspace"] = True
        texts = [one.str.lstrip(" ") for one in texts]
    if any((one == UNKNOWN).any() for one in texts):
        options["na_values"] = [UNKNOWN]
        texts = [one[one != UNKNOWN] for one in texts]
    if separator != "," and any(len(one) and one.str.fullmatch(COMMA.pattern).all() for one in texts):
        options["decimal"] = ","
    codes = [name for name, one in zip(cells, texts, strict=True) if one.str.fullmatch(CODE.pattern).any()]
    if codes:
        options["dtype"] = dict.fromkeys(codes, "str")
    given: Any = {name: value for name, value in options.items() if name != "encoding"}
    return Table(pd.read_csv(io.StringIO(text), **given), "read_csv", options)


def _encoding(raw: bytes, name: str) -> str:
    """Return how a file is encoded: as UTF-8, or as old Windows files are. Raises DataError for anything else."""
    for encoding in ("utf-8", "cp1252"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return encoding
    raise DataError(
        f"{name} is no text in UTF-8 or Windows-1252.", next_step="save it as UTF-8, then call init again"
    )


def _separator(text: str) -> str:
    """Return what cuts nearly all of the first lines into the same number of cells, the most; else a comma."""
    head = _head(text)
    widths = {mark: _width(head, mark) for mark in MARKS}
    return max(MARKS, key=lambda mark: widths[mark])


def _head(text: str) -> str:
    return text[:SNIFFED].rpartition("\n")[0] or text[:SNIFFED]


def _width(head: str, mark: str) -> int:
    """Return into how many cells a mark cuts nearly all lines; 0 where they differ more."""
    counts = Counter(len(row) for row in csv.reader(io.StringIO(head), delimiter=mark) if row)
    (width, lines), *_ = counts.most_common(1) or [(0, 0)]
    return width if lines >= ALIKE * counts.total() else 0


def _require_names(first: list[str], file: str) -> None:
    """Raise DataError when the first line holds values, or names that cannot be told apart."""
    names = [cell.strip() for cell in first]
    if values := [name for name in names if NUMBER.fullmatch(name) or name == UNKNOWN]:
        raise DataError(
            f"The first line of {file} holds values, not the names of the columns.",
            value=values[0],
            next_step="put a line with the names on top of the file",
        )
    if twice := sorted({name for name in names if names.count(name) > 1 and name}):
        raise DataError(
            f"{file} has two columns of one name.", value=twice[0], next_step="rename one of them"
        )
