"""Ground truth: checked by the contract at every door, and kept one record a line; the later counts."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import orjson
from pydantic import TypeAdapter, ValidationError

from trunkline.core.contract import Contract
from trunkline.core.errors import DataError, StorageError
from trunkline.core.line_log import append
from trunkline.core.reading import parse_json
from trunkline.core.record import UtcTime
from trunkline.inputs import Value

from .database import database, literally, moment, time_of
from .records import GroundTruth

if TYPE_CHECKING:
    import duckdb

TIME: TypeAdapter[datetime] = TypeAdapter(UtcTime)
EVENTS = f"""
    SELECT prediction, md5_number(prediction)::UUID AS "key", coalesce(item, '') AS item,
           {time_of('"time"')} AS "time",
           coalesce(value, outcome, 'null')::VARCHAR AS value,
           coalesce(schema IN ('trunkline/ground-truth/1', 'trunkline/ground-truth/2'), true) AS known
    FROM read_json(
        getvariable('truths'), format = 'newline_delimited', ignore_errors = true, maximum_object_size = 1048576,
        columns = {{prediction: VARCHAR, item: VARCHAR, "time": VARCHAR, schema: VARCHAR, value: JSON, outcome: JSON}})
"""  # noqa: S608
WRITTEN = f"CREATE OR REPLACE TEMP TABLE event AS {EVENTS}"
"""In the order of the lines, so that `rowid` is the place of an event."""
STRANGE_VALUE = r"""
    CASE WHEN starts_with(value, '"') THEN false
         ELSE NOT regexp_full_match(value, 'null|true|false|-?\d+(\.\d+)?([eE][+-]?\d+)?')
              OR NOT isfinite(try_cast(value AS DOUBLE))
    END
"""
"""Whether a value is neither text, nor a number in JSON's spelling, nor true, false or null: DuckDB reads NaN too."""
LATEST = f"""
    CREATE OR REPLACE TEMP TABLE latest AS
    SELECT "key", item, arg_max(value, time::HUGEINT * 4294967296 + rowid) AS value, max(time) AS "time",
           bool_or("key" IS NULL OR time IS NULL OR NOT known OR {STRANGE_VALUE}) AS strange,
           bool_or(value = 'null') AS empty
    FROM event GROUP BY "key", item
"""  # noqa: S608
"""The latest event of an item counts; if two have the same time, the one written last."""
STRANGE = "SELECT count(*) FILTER (strange), count(*) FILTER (empty) FROM latest"
WITHOUT_VALUE = """
    SELECT count(*) FROM read_ndjson_objects(getvariable('truths'), maximum_object_size = 1048576)
    WHERE NOT json_exists(json, '$.value') AND NOT json_exists(json, '$.outcome')
"""
"""Events that were taken back have a value, null; the database reads one that is missing as the same."""
TIMELESS = f"SELECT count(*) FROM ({EVENTS}) WHERE time IS NULL"  # noqa: S608
WITHDRAWN = "DELETE FROM latest WHERE value = 'null'"
OF_LOG = f"""
    SELECT DISTINCT prediction FROM ({EVENTS}) WHERE key IN (SELECT key FROM log WHERE kind = 'answer')
"""  # noqa: S608
OF_ANSWERS = """
    SELECT name, item, time, value
    FROM (SELECT DISTINCT unnest(?::VARCHAR[]) AS name) JOIN latest ON "key" = md5_number(name)::UUID
    ORDER BY name, item
"""


Truth = Path | Sequence[Path]
"""A file of ground truth, or several that count as one; those that do not exist are empty."""


class Outcome(Protocol):
    """What of a task says which ground truth its answers can have; a room beside this one knows them."""

    def event(self, item: str, value: object, contract: Contract) -> Value:
        """Return the value of an event about an item of the answer, or about the whole ("").

        Raises ValueError.
        """


def value_of(event: GroundTruth, task: Outcome, contract: Contract) -> Value:
    """Return the value of an event in its own type.

    Raises DataError that names the answer, the value and how to take the record back.
    """
    try:
        return task.event(event.item, event.value, contract)
    except ValueError as error:
        raise DataError(
            f"The ground truth of the answer {event.prediction} breaks the contract: {error}.",
            value=event.item or event.value,
            next_step=f"record the right one with a later time, or trunkline truth --withdraw {event.prediction}",
        ) from error


def record_truth(path: Path, truths: Iterable[GroundTruth]) -> None:
    """Append records to an environment's ground truth; they are on the disk when it returns.

    Raises StorageError when the file cannot be written.
    """
    append(path, truths)


def read_truth(path: Truth) -> dict[str, GroundTruth]:
    """Return the ground truth by the id of the answer; of two for one answer the later counts, by their time.

    Records that were taken back are left out, as are those whose time is none. A file that does not exist is empty, and
    a last line that is still being written is left for the next time.
    Raises DataError naming the line that cannot be read, StorageError when the file cannot.
    """
    return {prediction: record for (prediction, item), record in _line_by_line(path).items() if not item}


def _line_by_line(truth: Truth) -> dict[tuple[str, str], GroundTruth]:
    """Return the latest event of each answer and item; raises as `read_truth` does."""
    found: dict[tuple[str, str], GroundTruth] = {}
    for path in _there(truth):
        _read_into(found, path)
    return {about: record for about, record in found.items() if record.value is not None}


def _there(truth: Truth) -> list[Path]:
    return [path for path in ([truth] if isinstance(truth, Path) else truth) if os.path.lexists(path)]


def timeless(truth: Truth) -> int:
    """Return how many events are left out because what they give as their time is none.

    Raises DataError naming the line that cannot be read, StorageError when the file cannot.
    """
    if not (paths := _there(truth)):
        return 0
    with database() as opened:
        _name(opened, paths)
        if opened.execute(TIMELESS).fetchall() == [(0,)]:
            return 0
    # The records know more times than the database, such as seconds since 1970.
    return sum(not _has_time(value) for path in paths for value, _ in _lines(path))


def _has_time(value: object) -> bool:
    """Return whether a line's time is one; where it gives none it is no record, and named as such."""
    if not isinstance(value, dict) or "time" not in value:
        return True
    try:
        TIME.validate_python(value["time"])
    except ValidationError:
        return False
    return True


def _read_into(found: dict[tuple[str, str], GroundTruth], path: Path) -> None:
    for value, origin in _lines(path):
        if not _has_time(value):
            continue
        record = GroundTruth.from_dict(value, origin=origin, error=DataError)
        about = record.prediction, record.item
        before = found.get(about)
        if before is None or record.time >= before.time:
            found[about] = record


def _lines(path: Path) -> Iterator[tuple[object, str]]:
    """Yield what each line holds, and where it stands."""
    try:
        with path.open("rb") as stream:
            for number, line in enumerate(stream, start=1):
                if not line.strip():
                    continue
                origin = f"{path}, line {number}"
                try:
                    value = parse_json(
                        line, origin=origin, error=DataError, next_step="correct or delete the line"
                    )
                except DataError:
                    if not line.endswith(b"\n"):
                        break
                    raise
                yield value, origin
    except FileNotFoundError:
        return
    except OSError as error:
        raise StorageError(f"Cannot read {path}: {error.strerror}.") from error


def events_of(path: Truth, predictions: Collection[str]) -> dict[str, tuple[GroundTruth, ...]]:
    """Return the latest event of each item of these answers, by their ids; the whole answer is the item "".

    Raises DataError naming the line that cannot be read, StorageError when the file cannot.
    """
    found: dict[str, tuple[GroundTruth, ...]] = {}
    with database() as opened:
        if not predictions or not latest_truth(opened, path):
            return {}
        for name, item, time, value in opened.execute(OF_ANSWERS, [list(predictions)]).fetchall():
            found[name] = (*found.get(name, ()), event_of(name, item, value, time))
    return found


def known_of(opened: duckdb.DuckDBPyConnection, truth: Truth) -> set[str]:
    """Return the ids that the ground truth knows, taken back or not, of the answers that the view `log` holds."""
    if not (paths := _there(truth)):
        return set()
    _name(opened, paths)
    return {str(id_) for (id_,) in opened.execute(OF_LOG).fetchall()}


def event_of(prediction: str, item: str, value: str, time: int) -> GroundTruth:
    """Return the record of a row of the table `latest`; raises DataError when its value is no JSON."""
    try:
        held = orjson.loads(value)
    except orjson.JSONDecodeError:
        # A whole number may have more digits than orjson reads.
        held = parse_json(value, origin=f"The ground truth of the answer {prediction}", error=DataError)
    return GroundTruth(prediction=prediction, item=item, value=held, time=moment(time))


def latest_truth(opened: duckdb.DuckDBPyConnection, truth: Truth) -> bool:
    """Fill the table `latest`, one row an answer and item: the answer's `key`, `item`, `value` as JSON, `time`.

    Returns whether there is any ground truth. Raises DataError naming the line that cannot be read.
    """
    if not (paths := _there(truth)):
        return False
    _group(opened, paths)
    strange, empty = opened.execute(STRANGE).fetchall()[0]
    if strange or (empty and opened.execute(WITHOUT_VALUE).fetchall() != [(0,)]):
        # What the database cannot read is read, or named, line by line.
        truths = _line_by_line(paths)
        with tempfile.TemporaryDirectory(prefix="trunkline-") as folder:
            whole = Path(folder) / "truth.jsonl"
            whole.write_text("".join(truth.line() for truth in truths.values()), encoding="utf-8")
            _group(opened, [whole])
    opened.execute(WITHDRAWN)
    return True


def _group(opened: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> None:
    _name(opened, paths)
    opened.execute(WRITTEN)
    opened.execute(LATEST)
    opened.execute("DROP TABLE event")


def _name(opened: duckdb.DuckDBPyConnection, paths: Sequence[Path]) -> None:
    opened.execute("SET VARIABLE truths = ?::VARCHAR[]", [literally(paths)])
