"""Metrics as functions of sums over rows, so that a thousand resamples are one matrix product.

Names, signs and conventions (zero where nothing was predicted) are those of scikit-learn's scorers.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_array

from .bootstrap import Statistic, joined
from .confusion import BY_CONFUSION, BY_CONFUSION_OF_TWO
from .paired import Array, Paired
from .regression import LOSSES, regression
from .sums import mean, ratio

AREAS = ("roc_auc", "roc_auc_ovr")
"""For two classes they are the same."""
CHANCES = ("neg_log_loss", "neg_brier_score")
NAMES = frozenset({*BY_CONFUSION, *BY_CONFUSION_OF_TWO, *AREAS, "average_precision", *CHANCES, *LOSSES, "r2"})
"""All metrics that have this form."""
STEPS = 4096
AREA_STEPS = 1024
"""Distinct scores beyond which those of a ranking metric (the area under the ROC curve) are joined into quantile steps.

Only draws are made so, never point values; pairs within a step count as ties, which moves an area by less than 1e-4.
"""


def statistic(name: str, paired: Paired, *, exact: bool = False) -> Statistic | None:
    """Return the metric of that name on these rows, or None where it has no meaning there; `exact` joins no scores."""
    traits = paired.traits
    if "amounts" in traits:
        return regression(name, paired)
    if "classes" not in traits:
        return None
    if name in BY_CONFUSION:
        return _confusion(paired, BY_CONFUSION[name])
    if "two classes" in traits and name in BY_CONFUSION_OF_TWO:
        return _confusion(paired, BY_CONFUSION_OF_TWO[name])
    if paired.probabilities is None:
        return None
    if name in CHANCES:
        return _chances(name, paired, paired.probabilities)
    return _areas(name, paired, paired.probabilities, exact=exact)


def _chances(name: str, paired: Paired, scores: Array) -> Statistic:
    """Return a metric of how sure the probabilities are of what happens."""
    if name == "neg_log_loss":
        chosen = scores[np.arange(paired.rows), paired.truth]
        return mean(np.log(np.clip(chosen, np.finfo(np.float64).eps, 1.0)))
    squares = ((scores - np.eye(len(paired.classes))[paired.truth]) ** 2).sum(axis=1)
    return mean(-squares / (2 if "two classes" in paired.traits else 1))


def _areas(name: str, paired: Paired, scores: Array, *, exact: bool) -> Statistic | None:
    """Return a metric of how the probabilities rank the rows."""
    truth, two = paired.truth, "two classes" in paired.traits
    steps = (paired.rows, paired.rows) if exact else (AREA_STEPS, STEPS)
    if two and name in AREAS:
        return _ranked(truth == 1, scores[:, 1], _roc_auc, steps[0])
    if two and name == "average_precision":
        return _ranked(truth == 1, scores[:, 1], _average_precision, steps[1])
    if name == "roc_auc_ovr":
        classes = range(len(paired.classes))
        parts = [_ranked(truth == code, scores[:, code], _roc_auc, steps[0]) for code in classes]
        return joined(parts, lambda areas: np.asarray(areas.mean(axis=1)))
    return None


def _confusion(paired: Paired, figure: Callable[[Array], Array]) -> Statistic:
    size = len(paired.classes)
    cells = _one_hot(paired.truth * size + paired.labels, size * size)
    return Statistic(lambda total: figure(total.reshape(-1, size, size)), cells)


def _one_hot(code: Array, size: int) -> csr_array:
    return csr_array((np.ones(len(code)), (np.arange(len(code)), code)), shape=(len(code), size))


def _ranked(positive: Array, score: Array, figure: Callable[[Array, Array], Array], steps: int) -> Statistic:
    """Return a figure of the positives and negatives at each distinct score, the least score first."""
    found, step = np.unique(score, return_inverse=True)
    if len(found) > steps:
        rank = np.cumsum(np.bincount(step)) - 1
        step = (rank * steps // len(score))[step]
    size = int(step.max(initial=0)) + 1
    cells = _one_hot(np.where(positive, step, step + size), 2 * size)
    return Statistic(lambda total: figure(total[:, :size], total[:, size:]), cells)


def _roc_auc(up: Array, down: Array) -> Array:
    """Return the area under the ROC curve as the Mann-Whitney statistic; ties count half."""
    won = (up * (np.cumsum(down, axis=1) - down / 2)).sum(axis=1)
    return ratio(won, up.sum(axis=1) * down.sum(axis=1))


def _average_precision(up: Array, down: Array) -> Array:
    found, asked = up[:, ::-1], (up + down)[:, ::-1]
    precision = ratio(np.cumsum(found, axis=1), np.cumsum(asked, axis=1), empty=0.0)
    return ratio((found * precision).sum(axis=1), found.sum(axis=1))
