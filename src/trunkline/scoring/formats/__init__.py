"""Formats of files of rows: how each is cut into pieces, read in batches, and written."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from types import MappingProxyType

from trunkline.core.errors import PolicyError

from .protocol import Format, Raw, Writer

__all__ = ["FORMATS", "Format", "Raw", "Writer", "format_of", "named"]

FORMATS: Mapping[str, str] = MappingProxyType(
    {
        "csv": "trunkline.scoring.formats.csv:Csv",
        "jsonl": "trunkline.scoring.formats.json_lines:JsonLines",
        "parquet": "trunkline.scoring.formats.parquet:Parquet",
    }
)
ENDINGS: Mapping[str, str] = MappingProxyType(
    {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet", ".pq": "parquet"}
)
PACKED = (".gz", ".zip", ".zst", ".bz2", ".xz")


def named(name: str) -> Format:
    """Return the format of a name in FORMATS. Raises StorageError where its library is not installed."""
    module, _, attribute = FORMATS[name].partition(":")
    made: Format = getattr(importlib.import_module(module), attribute)()
    return made


def format_of(file: str) -> str:
    """Return the name of a file's format, by its ending. Raises PolicyError where it is none that can be read."""
    lowered = file.lower()
    for ending, name in ENDINGS.items():
        if lowered.endswith(ending):
            return name
    if lowered.endswith(PACKED):
        raise PolicyError(
            "A packed file cannot be cut into pieces.",
            value=file,
            next_step="unpack it, or write it as .parquet",
        )
    raise PolicyError(
        "The ending of this file names no format.", value=file, next_step=f"use {', '.join(ENDINGS)}"
    )
