"""The outcome: ground truth of tasks whose answer is one value of the contract's outcome column."""

from __future__ import annotations

from trunkline.core.contract import Contract
from trunkline.core.errors import DataError
from trunkline.inputs import Value, input_of


def outcome_event(item: str, value: object, contract: Contract) -> Value:
    """Return a ground-truth event's value as the contract's outcome.

    Raises ValueError when it is about an item or no outcome.
    """
    if item:
        raise ValueError(
            f"it is about an item, and a {contract.task} has none; record the whole answer's outcome"
        )
    return outcome_value(value, contract)


def outcome_value(value: object, contract: Contract) -> Value:
    """Return a value in the type of the contract's outcome.

    Raises ValueError when it is null or breaks the contract.
    """
    column = contract.outcome
    try:
        found = input_of(column).check(value)
    except ValueError as error:
        raise ValueError(f"{column.name} must be {input_of(column).rule()}; {error}") from error
    if found is None:
        raise ValueError("it has no outcome")
    return found


def require_answers(rows: int, answers: int) -> None:
    """Raise DataError unless every row is answered once."""
    if rows != answers:
        raise DataError(f"{rows} rows have {answers} answers.", next_step="answer every row once")
