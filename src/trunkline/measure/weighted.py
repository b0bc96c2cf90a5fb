"""Metrics as functions of sums over rows, so that a thousand resamples are one matrix product.

Names, signs and conventions (zero where nothing was predicted) are those of scikit-learn's scorers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
from scipy.sparse import csr_array
from scipy.special import xlogy

from .bootstrap import Statistic, joined
from .confusion import BY_CONFUSION, BY_CONFUSION_OF_TWO
from .paired import Array, Paired
from .regression import regression
from .sums import mean, ratio, within

AREAS = ("roc_auc", "roc_auc_ovr", "roc_auc_ovr_weighted", "roc_auc_ovo", "roc_auc_ovo_weighted")
"""Of two classes they are all the same."""
TOP = 2
"""The likeliest classes among which the right one must be, as scikit-learn has it where nobody says."""
STEPS = 4096
AREA_STEPS = 1024
"""Distinct scores beyond which those of a ranking metric (the area under the ROC curve) are joined into quantile steps.

Only draws are made so, never point values; pairs within a step count as ties, which moves an area by less than 1e-4.
"""


def statistic(name: str, paired: Paired) -> Statistic | None:
    """Return the metric of that name on these rows, or None where there is no such form of it."""
    if not paired.classes:
        return regression(name, paired)
    if name in BY_CONFUSION:
        return _confusion(paired, BY_CONFUSION[name])
    if paired.binary and name in BY_CONFUSION_OF_TWO:
        return _confusion(paired, BY_CONFUSION_OF_TWO[name])
    if paired.probabilities is None:
        return None
    return _of_areas(name, paired, paired.probabilities) or _of_chances(name, paired, paired.probabilities)


def _of_chances(name: str, paired: Paired, scores: Array) -> Statistic | None:
    """Return a metric of how sure the probabilities are of what happens."""
    truth, classes = paired.truth, range(len(paired.classes))
    chosen = scores[np.arange(len(truth)), truth]
    log_loss = -np.log(np.clip(chosen, np.finfo(np.float64).eps, 1.0))
    squares = ((scores - np.eye(len(classes))[truth]) ** 2).sum(axis=1)
    shares = [mean((truth == code).astype(np.float64)) for code in classes]
    if name == "neg_log_loss":
        return mean(-log_loss)
    if name == "neg_brier_score":
        return mean(-squares / (2 if paired.binary else 1))
    if name == "d2_log_loss_score":
        return joined([mean(log_loss), *shares], lambda all_: _skill(all_, -xlogy(all_, all_)[:, 1:]))
    if name == "d2_brier_score":
        return joined([mean(squares), *shares], lambda all_: _skill(all_, (all_ * (1 - all_))[:, 1:]))
    if name == "top_k_accuracy":
        best = np.argsort(scores, axis=1, kind="mergesort")[:, ::-1][:, :TOP]
        return mean((best == truth[:, None]).any(axis=1).astype(np.float64))
    return None


def _of_areas(name: str, paired: Paired, scores: Array) -> Statistic | None:
    """Return a metric of how the probabilities rank the rows."""
    truth, classes = paired.truth, range(len(paired.classes))
    if paired.binary:
        if name in AREAS:
            return _ranked(truth == 1, scores[:, 1], _roc_auc)
        if name == "average_precision":
            return _ranked(truth == 1, scores[:, 1], _average_precision, STEPS)
        return None
    if name in ("roc_auc_ovr", "roc_auc_ovr_weighted"):
        parts = [_ranked(truth == code, scores[:, code], _roc_auc) for code in classes]
        if name == "roc_auc_ovr":
            return joined(parts, lambda areas: np.asarray(areas.mean(axis=1)))
        return _by_weight(parts, [truth == code for code in classes])
    if name in ("roc_auc_ovo", "roc_auc_ovo_weighted"):
        pairs = list(combinations(classes, 2))
        parts = [_apart(one, other, truth, scores) for one, other in pairs]
        if name == "roc_auc_ovo":
            return joined(parts, lambda areas: np.asarray(areas.mean(axis=1)))
        return _by_weight(parts, [np.isin(truth, pair) for pair in pairs])
    return None


def _apart(one: int, other: int, truth: Array, scores: Array) -> Statistic:
    """Return how well two classes are told apart, by the score of either (Hand and Till 2001)."""
    mask = np.isin(truth, (one, other))
    ways = [within(mask, _ranked(truth[mask] == code, scores[mask, code], _roc_auc)) for code in (one, other)]
    return joined(ways, lambda areas: np.asarray(areas.mean(axis=1)))


def _by_weight(parts: Sequence[Statistic], masks: Sequence[Array]) -> Statistic:
    """Return the mean of the parts, each weighted with the rows in its mask."""
    weights = [mean(mask.astype(np.float64)) for mask in masks]
    size = len(parts)

    def over(values: Array) -> Array:
        weight = values[:, size:]
        return np.asarray((values[:, :size] * weight).sum(axis=1) / weight.sum(axis=1))

    return joined([*parts, *weights], over)


def _skill(values: Array, alone: Array) -> Array:
    """Return one less the loss (the first of `values`) as a share of that of the resample's own class shares."""
    return np.asarray(1 - ratio(values[:, 0], alone.sum(axis=1)))


def _confusion(paired: Paired, figure: Callable[[Array], Array]) -> Statistic:
    size = len(paired.classes)
    cells = _one_hot(paired.truth * size + paired.labels, size * size)
    return Statistic(lambda total: figure(total.reshape(-1, size, size)), cells)


def _one_hot(code: Array, size: int) -> csr_array:
    return csr_array((np.ones(len(code)), (np.arange(len(code)), code)), shape=(len(code), size))


def _ranked(
    positive: Array, score: Array, figure: Callable[[Array, Array], Array], steps: int = AREA_STEPS
) -> Statistic:
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
