"""Ground truth as it is told: checked, and appended to what an environment knows."""

from __future__ import annotations

from pathlib import Path

from trunkline.core.contract import Contract
from trunkline.core.errors import DataError
from trunkline.core.predictions import GroundTruth


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
