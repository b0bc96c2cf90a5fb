"""The range of a scikit-learn scorer: a floor outside it is reached by no model, or by every model."""

from __future__ import annotations

from math import inf

_FROM_MINUS_ONE = {"matthews_corrcoef"}
_UNBOUNDED_ABOVE = {"positive_likelihood_ratio"}
_UNBOUNDED_BELOW = {"r2", "explained_variance"}


def range_of(name: str) -> tuple[float, float]:
    """Return the least and the greatest value that a scorer can have; higher is better for all of them."""
    if name.startswith("neg_"):
        return -inf, 0.0
    if name in _UNBOUNDED_BELOW or name.startswith("d2_"):
        return -inf, 1.0
    if name in _UNBOUNDED_ABOVE:
        return 0.0, inf
    return (-1.0 if name in _FROM_MINUS_ONE else 0.0), 1.0


def floor_problem(name: str, floor: float) -> str:
    """Return why a floor lies outside a scorer's range; empty when it lies inside."""
    least, greatest = range_of(name)
    if floor > greatest:
        better = f"; errors count below zero, so {-floor:g} may be meant" if greatest == 0 else ""
        better = f"; {floor / 100:g} may be meant" if greatest == 1 and 1 < floor <= 100 else better
        return f"no model reaches it: the best {name} is {greatest:g}{better}"
    if floor < least:
        return f"every model reaches it: the worst {name} is {least:g}"
    return "" if floor == floor else "it is no number"
