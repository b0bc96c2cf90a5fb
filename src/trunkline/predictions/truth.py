"""Ground truth: checked by the contract at every door, and kept one record a line; the later counts."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from trunkline.core.contract import Contract
from trunkline.core.errors import DataError, StorageError
from trunkline.core.line_log import append
from trunkline.core.reading import parse_json
from trunkline.core.values import Value, check_value

from .records import GroundTruth


def outcome_of(truth: GroundTruth, contract: Contract) -> Value:
    """Return the outcome of a record in the contract's type.

    Raises DataError that names the answer, the value and how to take the record back.
    """
    column = contract.outcome
    try:
        value = check_value(truth.outcome, column)
    except ValueError as error:
        raise DataError(
            f"The ground truth of the answer {truth.prediction} breaks the contract: {column.name} must be "
            f"{column.rule()}; {error}.",
            value=truth.outcome,
            next_step=f"record the right one with a later time, or trunkline truth --withdraw {truth.prediction}",
        ) from error
    if value is None:
        raise DataError(f"The ground truth of the answer {truth.prediction} has no outcome.")
    return value


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
                before = found.get(record.prediction)
                if before is None or record.time >= before.time:
                    found[record.prediction] = record
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise StorageError(f"Cannot read {path}: {error.strerror}.") from error
    return {name: record for name, record in found.items() if record.outcome is not None}
