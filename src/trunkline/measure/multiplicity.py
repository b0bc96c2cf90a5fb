"""Multiplicity: many questions asked at once, and the chance that any of them is answered wrongly."""

from __future__ import annotations

from collections.abc import Sequence

from .intervals import LEVEL


def shared_level(questions: int, level: float = LEVEL) -> float:
    """Return the level of each of so many intervals that all hold together at `level` (Bonferroni)."""
    return 1 - (1 - level) / max(1, questions)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return p-values adjusted for the number of questions asked, in the given order.

    Source: Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6.
    """
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted, worst = [1.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        worst = max(worst, min(1.0, p_values[index] * (len(p_values) - rank)))
        adjusted[index] = worst
    return tuple(adjusted)


def holm_levels(p_values: Sequence[float], significance: float) -> tuple[float, ...]:
    """Return the level at which Holm's procedure (as `holm`) asks each question: it rejects p-values below theirs.

    The least p-value is asked at `significance` over the number of questions, the next at one question fewer, and so
    on; from the first that does not reject, all are asked at its level.
    """
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    levels, level, rejecting = [significance] * len(p_values), significance, True
    for rank, index in enumerate(order):
        level = significance / (len(p_values) - rank) if rejecting else level
        rejecting = rejecting and p_values[index] < level
        levels[index] = level
    return tuple(levels)
