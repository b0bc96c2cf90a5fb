"""Multiplicity: many questions asked at once, and the chance that any of them is answered wrongly."""

from __future__ import annotations

from collections.abc import Sequence

from .intervals import LEVEL


def shared_level(questions: int, level: float = LEVEL) -> float:
    """Return the level of each of so many intervals that all hold together at `level` (Bonferroni)."""
    return 1 - (1 - level) / max(1, questions)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return p-values adjusted for the number of questions asked (Holm 1979), in the given order."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    adjusted, worst = [1.0] * len(p_values), 0.0
    for rank, index in enumerate(order):
        worst = max(worst, min(1.0, p_values[index] * (len(p_values) - rank)))
        adjusted[index] = worst
    return tuple(adjusted)
