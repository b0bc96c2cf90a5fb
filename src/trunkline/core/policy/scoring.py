"""Batch scoring: which rows a scheduled job answers, and where the answers go."""

from __future__ import annotations

from typing import Annotated

from .section import Distinct, Section, Shape

FILE = r"^([^\0]+\.(csv|jsonl|ndjson|parquet|pq))?$"


class Scoring(Section):
    """What `trunkline score` reads and writes where it is not told; score.yml runs it."""

    input: str = ""
    """A file, or a folder of files: a path, or `s3://bucket/rows.parquet` (gs, az). `{date}` is today in UTC."""
    output: Annotated[str, Shape(FILE, "end it with .parquet, .csv or .jsonl, as the input")] = ""
    """The file of answers, in the input's format; `{date}` as above."""
    keep: Distinct[tuple[str, ...]] = ()
    """Columns that are copied to the answers, as the key by which they are joined."""
    leave_out: Distinct[tuple[str, ...]] = ()
    """Columns of the input that are neither read nor copied, as the outcome."""
