"""Ground truth as it is told: checked, appended to what an environment knows, and taken back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from trunkline.core.contract import Contract
from trunkline.core.errors import DataError
from trunkline.predictions import GroundTruth
from trunkline.predictions.ground_truth import Truth, events_of, value_of
from trunkline.predictions.reader import LogReader
from trunkline.predictions.records import require_time
from trunkline.tasks import task_of

SHOWN = 5


def read_truths(path: Path, contract: Contract) -> tuple[GroundTruth, ...]:
    """Return the ground truth that a file holds, its outcomes in the contract's type.

    Raises DataError that names the line when one is not a record or its outcome breaks the contract.
    """
    truths, task, now = [], task_of(contract), datetime.now(UTC)
    for place, truth in enumerate(GroundTruth.read_lines(path, error=DataError, complete=True), 1):
        try:
            require_time(truth.time, now)
            truths.append(truth.model_copy(update={"value": value_of(truth, task, contract)}))
        except (DataError, ValueError) as error:
            raise DataError(
                f"{path}, line {place}: {error.what if isinstance(error, DataError) else f'{error}.'}",
                value=truth.value if isinstance(error, DataError) else truth.time.isoformat(),
                next_step="correct the record; nothing of the file was recorded",
            ) from error
    return tuple(truths)


def known(
    truths: tuple[GroundTruth, ...], log: LogReader, *, leave_out: bool = False
) -> tuple[tuple[GroundTruth, ...], int]:
    """Return the ground truth of answers that a prediction log holds, and how many records are of none.

    Raises DataError that names the answers that nobody was given, unless they are to be left out.
    """
    found = log.answered({truth.prediction for truth in truths})
    strange = [truth.prediction for truth in truths if truth.prediction not in found]
    if strange and not leave_out:
        raise DataError(
            f"{len(strange)} of {len(truths)} records are about answers that are not in the prediction log: "
            f"{', '.join(strange[:SHOWN])}{' and more' if len(strange) > SHOWN else ''}.",
            next_step="correct the ids, or record the others with --known-only",
        )
    return tuple(truth for truth in truths if truth.prediction in found), len(strange)


def withdrawals(path: Truth, predictions: Iterable[str]) -> tuple[GroundTruth, ...]:
    """Return the records that take back what was recorded of these answers.

    Raises DataError that names an answer of which nothing is recorded.
    """
    names = tuple(dict.fromkeys(predictions))
    recorded, now = events_of(path, names), datetime.now(UTC)
    if strange := [name for name in names if name not in recorded]:
        raise DataError(
            f"No outcome is recorded of {', '.join(strange[:SHOWN])}.",
            next_step="take the id from the answer or from the file that was recorded",
        )
    # A record may carry a time to come: what takes it back must be the later one.
    return tuple(
        event.model_copy(update={"value": None, "time": max(now, event.time)})
        for name in names
        for event in recorded[name]
    )
