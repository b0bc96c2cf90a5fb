"""Ground truth as it is told: checked, and appended to what an environment knows."""

from __future__ import annotations

import os
from pathlib import Path

from trunkline.core.contract import Contract
from trunkline.core.errors import DataError, StorageError
from trunkline.core.predictions import GroundTruth


def write_truths(path: Path, truths: tuple[GroundTruth, ...]) -> None:
    """Append ground truth to a file, one record a line; a line that was never written whole is taken away first."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b") as stream:
            stream.seek(0)
            whole = stream.read().rfind(b"\n") + 1
            stream.truncate(whole)
            stream.write("".join(truth.line() for truth in truths).encode())
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise StorageError(f"Cannot write {path}: {error.strerror}.") from error


def read_truths(path: Path, contract: Contract) -> tuple[GroundTruth, ...]:
    """Return the ground truth that a file holds.

    Raises DataError that names the line when one is not a record or its outcome breaks the contract.
    """
    truths = GroundTruth.read_lines(path, error=DataError, complete=True)
    allowed = contract.outcome.categories
    for place, truth in enumerate(truths, 1):
        if allowed and str(truth.outcome) not in allowed:
            raise DataError(
                f"{path}, line {place}: the outcome must be {contract.outcome.rule()}.", value=truth.outcome
            )
    return truths
