"""DuckDB over the files of the log: one connection a question, nothing kept."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from trunkline.core.errors import StorageError

from .segments import LAYOUT, Segment

if TYPE_CHECKING:
    import duckdb

MEMORY = "350MB"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EARLIEST, LATEST = (
    (end.replace(tzinfo=UTC) - EPOCH) // timedelta(microseconds=1) for end in (datetime.min, datetime.max)
)
"""The times that Python has; DuckDB has more of them."""


def time_of(text: str) -> str:
    """Return SQL: the time that a text names in microseconds since 1970; null where Python has no such time."""
    time = f"epoch_us(try_cast({text} AS TIMESTAMPTZ))"
    return f"CASE WHEN {time} BETWEEN {EARLIEST} AND {LATEST} THEN {time} END"


LINES = """
    SELECT CASE WHEN "time" IS NULL THEN NULL
                WHEN f[1] = 'trunkline/rejection/1' THEN 'rejection'
                WHEN f[1] = 'trunkline/failure/1' THEN 'failure'
                WHEN f[1] <> 'trunkline/prediction/1' THEN NULL
                WHEN f[4] IN ('silent', 'shadow') THEN 'silent'
                ELSE 'answer'
           END AS kind,
           f[2] AS id, md5_number(f[2])::UUID AS "key", "time",
           f[4] AS arm, f[5] AS bundle,
           f[6] AS answered, f[7] AS "user", json::VARCHAR AS line
    FROM (SELECT json, json_extract_string(
                     json, ['$.schema', '$.id', '$.time', '$.arm', '$.bundle', '$.answered', '$.user']) AS f,
                 TIME_OF_LINE AS "time"
          FROM read_ndjson_objects(getvariable('lines'), ignore_errors = true))
""".replace("TIME_OF_LINE", time_of("f[3]"))
"""Lines as rows: what is asked by, and the whole record. `kind` is null where a line is damaged, as is all of a line
that is no JSON; `time` counts microseconds since 1970; `key` stands for the id in 128 bits, which join faster."""

PARTS = """
    SELECT kind, json_extract_string(line, '$.id') AS id, "key", "time", arm, bundle, answered, "user", line
    FROM read_parquet(getvariable('parts'))
"""
OLD_PARTS = """
    SELECT CASE kind WHEN 'shadow' THEN 'silent' ELSE kind END AS kind, id, md5_number(id)::UUID AS "key", "time", arm,
           bundle, answered, "user", line
    FROM read_parquet(getvariable('old_parts'))
"""
"""For the first layout, which has no keys."""
WRITE_PART = """
    COPY (
        SELECT kind, "key", "time", arm, bundle, answered, "user", line FROM {table} WHERE {rows} ORDER BY "key", "time"
    ) TO ? (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 20480)
"""
"""In groups of as many rows as are read to find one by its key."""
NOTHING = """
    SELECT NULL::VARCHAR AS kind, NULL::VARCHAR AS id, NULL::UUID AS "key", NULL::BIGINT AS "time",
           NULL::VARCHAR AS arm, NULL::VARCHAR AS bundle, NULL::VARCHAR AS answered, NULL::VARCHAR AS "user",
           NULL::VARCHAR AS line
    WHERE false
"""


@contextmanager
def database(*, memory: str = MEMORY) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database in memory; what does not fit is put on the disk meanwhile.

    Raises StorageError when a file cannot be read.
    """
    # Here and not above: whoever only names a record of the log does without DuckDB.
    import duckdb

    with tempfile.TemporaryDirectory(prefix="trunkline-") as spill:
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory,
            "temp_directory": spill,
            "autoload_known_extensions": False,
            "autoinstall_known_extensions": False,
        }
        try:
            with duckdb.connect(config=settings) as opened:
                # A time that was written without a zone is UTC, whatever the machine's zone.
                opened.execute("SET TimeZone = 'UTC'")
                yield opened
        except duckdb.OutOfMemoryException as error:
            raise StorageError(
                f"The question to the prediction log needs more than {memory} of memory.",
                next_step="ask about less, or close other programs and ask again",
            ) from error
        except duckdb.Error as error:
            reason = str(error).splitlines()[0]
            raise StorageError(
                f"Cannot read the prediction log: {reason}", next_step="make its files readable"
            ) from error


def look_at(opened: duckdb.DuckDBPyConnection, segments: Sequence[Segment]) -> None:
    """Make the view `log` the rows of these segments, in the order in which they were written."""
    parts = literally([segment.path for segment in segments if segment.part and segment.layout == LAYOUT])
    old_parts = literally([segment.path for segment in segments if segment.part and segment.layout != LAYOUT])
    lines = literally([segment.path for segment in segments if not segment.part])
    opened.execute("SET VARIABLE lines = ?::VARCHAR[]", [lines])
    opened.execute("SET VARIABLE parts = ?::VARCHAR[]", [parts])
    opened.execute("SET VARIABLE old_parts = ?::VARCHAR[]", [old_parts])
    kinds = ((PARTS, parts), (OLD_PARTS, old_parts), (LINES, lines))
    rows = [sql for sql, files in kinds if files] or [NOTHING]
    opened.execute("CREATE OR REPLACE TEMP VIEW log AS " + " UNION ALL ".join(rows))


def any_row(paths: Sequence[Path], column: str, values: Sequence[str] | Sequence[int]) -> bool:
    """Return whether a row of these Parquet files has one of the values in a column.

    Raises StorageError when a file cannot be read.
    """
    quoted = '"' + column.replace('"', '""') + '"'
    question = f"SELECT 1 FROM read_parquet(?) WHERE {quoted} IN (SELECT unnest(?)) LIMIT 1"  # noqa: S608
    with database() as opened:
        return bool(values) and bool(opened.execute(question, [literally(paths), list(values)]).fetchall())


def literally(paths: Sequence[Path]) -> list[str]:
    """Return paths as DuckDB takes them: a star in the name of a folder is a star."""
    return ["".join(f"[{sign}]" if sign in "*?[" else sign for sign in str(path)) for path in paths]


def microseconds(time: datetime | None) -> int | None:
    """Return a time as the database counts it: microseconds since 1970."""
    return None if time is None else (time - EPOCH) // timedelta(microseconds=1)


def moment(since_1970: int) -> datetime:
    """Return the time that lies so many microseconds after the beginning of 1970, or the nearest that Python has."""
    return EPOCH + timedelta(microseconds=min(max(since_1970, EARLIEST), LATEST))
