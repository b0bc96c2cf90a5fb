"""Ground truth as it is kept: one record a line; of two for one answer the later counts."""

from __future__ import annotations

from pathlib import Path

from .errors import DataError, StorageError
from .predictions import GroundTruth
from .reading import parse_json


def read_truth(path: Path) -> dict[str, GroundTruth]:
    """Return the ground truth by the id of the answer; of two for one answer the later counts, by their time.

    A file that does not exist is empty, and a last line that is still being written is left for the next time.
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
    return found
