"""Ground truth as it is kept: one record a line; of two for one answer the later counts."""

from __future__ import annotations

import json
from pathlib import Path

from .errors import DataError, StorageError
from .predictions import GroundTruth


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
                try:
                    value = json.loads(line)
                except ValueError as error:
                    if not line.endswith(b"\n"):
                        break
                    raise DataError(
                        f"{path}, line {number} is not JSON: {error}.", next_step="correct or delete the line"
                    ) from error
                if not isinstance(value, dict):
                    raise DataError(f"{path}, line {number} does not hold a record.", value=value)
                record = GroundTruth.from_dict(value, origin=f"{path}, line {number}", error=DataError)
                before = found.get(record.prediction)
                if before is None or record.time >= before.time:
                    found[record.prediction] = record
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise StorageError(f"Cannot read {path}: {error.strerror}.") from error
    return found
