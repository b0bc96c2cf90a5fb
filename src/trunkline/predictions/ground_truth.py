"""Ground truth: checked by the contract at every door, and kept one record a line; the later counts."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import orjson

from trunkline.core.contract import Contract
from trunkline.core.errors import DataError, StorageError
from trunkline.core.line_log import append
from trunkline.core.reading import parse_json
from trunkline.inputs import Value

from .database import database, literally, moment
from .records import GroundTruth

if TYPE_CHECKING:
    import duckdb

TOLD = """
    CREATE OR REPLACE TEMP TABLE told AS
    SELECT *, prediction IS NULL OR time IS NULL OR value IS NULL OR value[1] IN ('{', '[')
              OR NOT known AS strange
    FROM (
        SELECT f[1] AS prediction, coalesce(f[2], '') AS item, epoch_us(try_cast(f[3] AS TIMESTAMPTZ)) AS "time",
               row_number() OVER () AS place, coalesce(v[1], v[2])::VARCHAR AS value,
               coalesce(f[4] IN ('trunkline/ground-truth/1', 'trunkline/ground-truth/2'), true) AS known
        FROM (SELECT json_extract_string(json, ['$.prediction', '$.item', '$.time', '$.schema']) AS f,
                     json_extract(json, ['$.value', '$.outcome']) AS v
              FROM read_ndjson_objects(getvariable('truths'), ignore_errors = true, maximum_object_size = 1048576))
    )
"""
OF_LOG = "SELECT DISTINCT prediction FROM told WHERE prediction IN (SELECT id FROM log WHERE kind = 'answer')"
STRANGE = "SELECT count(*) FROM told WHERE strange"
LATEST = """
    CREATE OR REPLACE TEMP TABLE latest AS
    SELECT prediction, item, time, value FROM told WHERE value <> 'null' AND place IN (
        SELECT (max(time::HUGEINT * 4294967296 + place) % 4294967296)::BIGINT FROM told GROUP BY prediction, item
    )
"""
"""Of several events of one item the one with the latest time counts, of two of one time the one written last."""


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


def read_truth(path: Path) -> dict[str, GroundTruth]:
    """Return the ground truth by the id of the answer; of two for one answer the later counts, by their time.

    Records that were taken back are left out. A file that does not exist is empty, and a last line that is still being
    written is left for the next time.
    Raises DataError naming the line that cannot be read, StorageError when the file cannot.
    """
    found: dict[str, GroundTruth] = {}
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
                record = GroundTruth.from_dict(value, origin=origin, error=DataError)
                if record.item:
                    continue
                before = found.get(record.prediction)
                if before is None or record.time >= before.time:
                    found[record.prediction] = record
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise StorageError(f"Cannot read {path}: {error.strerror}.") from error
    return {name: record for name, record in found.items() if record.value is not None}


def truth_of(path: Path, predictions: Collection[str]) -> dict[str, GroundTruth]:
    """Return what is known of these answers, by their ids; as read_truth does for all.

    Raises DataError naming the line that cannot be read, StorageError when the file cannot.
    """
    if not predictions:
        return {}
    with database() as opened:
        if not latest_truth(opened, path):
            return {}
        asked = """
            SELECT prediction, time, value FROM latest
            WHERE item = '' AND prediction IN (SELECT unnest(?::VARCHAR[]))
        """
        rows = opened.execute(asked, [list(predictions)]).fetchall()
    return {name: event_of(name, value, time) for name, time, value in rows}


def events_of(path: Path, predictions: Collection[str]) -> dict[str, tuple[GroundTruth, ...]]:
    """Return the latest event of each item of these answers, by their ids; the whole answer is the item "".

    Raises DataError naming the line that cannot be read, StorageError when the file cannot.
    """
    found: dict[str, tuple[GroundTruth, ...]] = {}
    with database() as opened:
        if not predictions or not latest_truth(opened, path):
            return {}
        asked = """
            SELECT prediction, item, time, value FROM latest
            WHERE prediction IN (SELECT unnest(?::VARCHAR[])) ORDER BY prediction, item
        """
        for name, item, time, value in opened.execute(asked, [list(predictions)]).fetchall():
            event = event_of(name, value, time).model_copy(update={"item": item})
            found[name] = (*found.get(name, ()), event)
    return found


def known_of(opened: duckdb.DuckDBPyConnection, path: Path) -> set[str]:
    """Return the ids that the ground truth knows, taken back or not, of the answers that the view `log` holds."""
    if not os.path.lexists(path):
        return set()
    _tell(opened, path)
    return {str(id_) for (id_,) in opened.execute(OF_LOG).fetchall()}


def event_of(prediction: str, value: str, time: int) -> GroundTruth:
    """Return the record of a row of the table `latest`."""
    return GroundTruth(prediction=prediction, value=orjson.loads(value), time=moment(time))


def latest_truth(opened: duckdb.DuckDBPyConnection, path: Path) -> bool:
    """Fill the table `latest`, one row an answer and item: `prediction`, `item`, `value` as JSON, `time`.

    Returns whether there is any ground truth. Raises DataError naming the line that cannot be read.
    """
    if not os.path.lexists(path):
        return False
    _tell(opened, path)
    if opened.execute(STRANGE).fetchall() != [(0,)]:
        # What the database cannot read is read, or named, line by line.
        truths = read_truth(path)
        with tempfile.TemporaryDirectory(prefix="trunkline-") as folder:
            whole = Path(folder) / "truth.jsonl"
            whole.write_text("".join(truth.line() for truth in truths.values()), encoding="utf-8")
            _tell(opened, whole)
    opened.execute(LATEST)
    return True


def _tell(opened: duckdb.DuckDBPyConnection, path: Path) -> None:
    opened.execute("SET VARIABLE truths = ?::VARCHAR[]", [literally([path])])
    opened.execute(TOLD)
