"""Figures of confusion tables: what scikit-learn's scorers say, of many tables at once.

A table has shape (resamples, classes, classes): truth by answer. A class counts in an average over classes where it is
in truth or answers, and a score of nothing is zero, as scikit-learn has it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from .paired import Array
from .sums import ratio

Figure = Callable[[Array], Array]


def _hits(table: Array) -> Array:
    return np.diagonal(table, axis1=1, axis2=2)


def _accuracy(table: Array) -> Array:
    return ratio(_hits(table).sum(axis=1), table.sum(axis=(1, 2)))


def _over_classes(values: Array) -> Array:
    known = np.isfinite(values)
    return ratio(np.where(known, values, 0.0).sum(axis=1), known.sum(axis=1))


def _balanced_accuracy(table: Array) -> Array:
    return _over_classes(ratio(_hits(table), table.sum(axis=2)))


def _precisions(table: Array) -> Array:
    return ratio(_hits(table), table.sum(axis=1), empty=0.0)


def _recalls(table: Array) -> Array:
    return ratio(_hits(table), table.sum(axis=2), empty=0.0)


def _f1s(table: Array) -> Array:
    return ratio(2 * _hits(table), table.sum(axis=1) + table.sum(axis=2), empty=0.0)


def _of_positive(scores: Figure) -> Figure:
    return lambda table: scores(table)[:, 1]


def _macro(scores: Figure) -> Figure:
    def figure(table: Array) -> Array:
        there = table.sum(axis=1) + table.sum(axis=2) > 0
        return _over_classes(np.where(there, scores(table), np.nan))

    return figure


def _weighted(scores: Figure) -> Figure:
    def figure(table: Array) -> Array:
        support = table.sum(axis=2)
        return ratio((scores(table) * support).sum(axis=1), support.sum(axis=1))

    return figure


def _matthews(table: Array) -> Array:
    """Return Gorodkin's (2004) correlation of truth and answers; zero where either is always the same."""
    true, said, rows = table.sum(axis=2), table.sum(axis=1), table.sum(axis=(1, 2))
    together = _hits(table).sum(axis=1) * rows - (true * said).sum(axis=1)
    spread = (rows**2 - (true**2).sum(axis=1)) * (rows**2 - (said**2).sum(axis=1))
    return ratio(together, np.sqrt(np.maximum(spread, 0.0)), empty=0.0)


_SCORES: Mapping[str, Figure] = {
    "precision": _precisions,
    "recall": _recalls,
    "f1": _f1s,
}
BY_CONFUSION: Mapping[str, Figure] = {
    "accuracy": _accuracy,
    "balanced_accuracy": _balanced_accuracy,
    "matthews_corrcoef": _matthews,
    # Over all classes together each of these is the share of right answers.
    "precision_micro": _accuracy,
    "recall_micro": _accuracy,
    "f1_micro": _accuracy,
    **{f"{name}_macro": _macro(scores) for name, scores in _SCORES.items()},
    **{f"{name}_weighted": _weighted(scores) for name, scores in _SCORES.items()},
}
"""For any number of classes."""
BY_CONFUSION_OF_TWO: Mapping[str, Figure] = {name: _of_positive(scores) for name, scores in _SCORES.items()}
"""For two classes; the second is the positive one."""
