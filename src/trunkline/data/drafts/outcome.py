"""Outcome: whether the column that is to be predicted holds classes or amounts, and which class is the positive one."""

from __future__ import annotations

from trunkline.core.errors import DataError

from .observed import Holds, Observed

MOST_CLASSES = 100
FEW_CLASSES = 20
"""Distinct whole numbers up to which an outcome may be classes as well as an amount."""


def holds_classes(column: Observed, said: bool | None) -> bool:
    """Return whether an outcome is one of some classes; `said` decides where both are possible.

    Raises DataError for what cannot be learned, for an answer that does not fit, and where nobody can tell.
    """
    if (not column.amounts and not column.values) or column.holds is Holds.ONE_VALUE:
        raise DataError(
            f"The outcome {column.name} cannot be learned: it holds {column.holds}.",
            next_step="name a column of classes or of amounts with --outcome",
        )
    few = bool(column.values) and column.distinct <= MOST_CLASSES
    if said and not few:
        raise DataError(
            f"{column.name} holds {column.distinct} different values, and no classes.",
            value="--classes",
            next_step="say --amounts, or name another outcome",
        )
    if said is False and not column.amounts:
        raise DataError(f"{column.name} holds no amounts.", value="--amounts", next_step="say --classes")
    if said is not None:
        return said
    if column.holds is Holds.WHOLE and 2 < column.distinct <= FEW_CLASSES:
        raise DataError(
            f"Nobody can tell whether {column.name} holds amounts or {column.distinct} classes.",
            value=list(column.values),
            next_step="say --amounts or --classes",
        )
    return not column.amounts or column.distinct == 2


def positive_of(column: Observed, said: str) -> str:
    """Return the positive one of two classes. Raises DataError where `said` is none of them."""
    values = [str(value) for value in column.values]
    if said in values:
        return said
    raise DataError(
        f"Which of the two is the positive class of {column.name}: the one that a probability is of?",
        value=said or values,
        next_step=f"say --positive {values[0]!r} or --positive {values[1]!r}",
    )
