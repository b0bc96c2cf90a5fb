"""A metric of the project's own: a function of truth, answers and probability of the positive class (or None)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from trunkline.core.errors import ProjectError
from trunkline.core.raised import asking

from .paired import Paired

DOUBLED = 0.001
"""How near to twice its value a metric must come on the rows taken twice to be a sum over them."""


def value_of(name: str, function: Callable[..., float], paired: Paired) -> float:
    """Return what the function says of these rows.

    Raises ProjectError when it raises or returns no number.
    """
    truth, labels = paired.named
    with asking(f"The project's metric {name} raised", "correct metrics() in model.py"):
        value = float(function(truth, labels, paired.score))
    if not np.isfinite(value):
        raise ProjectError(
            f"The project's metric {name} gave {value}, and a figure must be a number.",
            next_step="correct metrics() in model.py",
        )
    return value


def value_of_mean(name: str, function: Callable[..., float], paired: Paired) -> float:
    """Return what the function says of these rows, which must not grow with their number.

    Parts of other sizes could not be compared by a sum, which shows by being twice as great on the rows taken twice.
    Raises ProjectError as `value_of` does, and of a sum.
    """
    value = value_of(name, function, paired)
    twice = value_of(name, function, paired.take(np.tile(np.arange(paired.rows), 2)))
    if value != 0 and abs(twice / value - 2) < DOUBLED:
        raise ProjectError(
            f"The project's metric {name} grows with the number of rows: {value:g}, and {twice:g} on the same rows "
            "taken twice.",
            next_step="return the mean a row in metrics() in model.py, not the sum",
        )
    return value
