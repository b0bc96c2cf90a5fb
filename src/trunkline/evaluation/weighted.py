"""Metrics as functions of sums over rows, so that a thousand resamples are one matrix product.

Names, signs and conventions (zero where nothing was predicted) are those of scikit-learn's scorers.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_array

from .bootstrap import Statistic, joined
from .scored import Array, Paired

STEPS = 4096
ROUNDING = 1e-10
"""The share of a sum of squares below which what is left after a subtraction is rounding."""
AREA_STEPS = 1024
"""Distinct scores beyond which those of a ranking metric (the area under the ROC curve) are joined into quantile steps.

Only draws are made so, never point values; pairs within a step count as ties, which moves an area by less than 1e-4.
"""


def statistic(name: str, paired: Paired) -> Statistic | None:
    """Return the metric of that name on these rows, or None where there is no such form of it."""
    if not paired.classes:
        return _regression(name, paired)
    if name in _BY_CONFUSION:
        return _confusion(paired, _BY_CONFUSION[name])
    if paired.binary and name in _BY_CONFUSION_BINARY:
        return _confusion(paired, _BY_CONFUSION_BINARY[name])
    if paired.probabilities is None:
        return None
    scores, truth = paired.probabilities, paired.truth
    if name == "neg_log_loss":
        chosen = scores[np.arange(len(truth)), truth]
        return mean(np.log(np.clip(chosen, np.finfo(np.float64).eps, 1.0)))
    if name == "neg_brier_score":
        hit = np.eye(len(paired.classes))[truth]
        return mean(-((scores - hit) ** 2).sum(axis=1) / (2 if paired.binary else 1))
    if name == "roc_auc_ovr" and not paired.binary:
        parts = [_ranked(truth == code, scores[:, code], _roc_auc) for code in range(len(paired.classes))]
        return joined(parts, lambda areas: np.asarray(areas.mean(axis=1)))
    if name in ("roc_auc", "roc_auc_ovr") and paired.binary:
        return _ranked(truth == 1, scores[:, 1], _roc_auc)
    if name == "average_precision" and paired.binary:
        return _ranked(truth == 1, scores[:, 1], _average_precision, STEPS)
    return None


def mean(values: Array) -> Statistic:
    """Return the mean of `values`, one a row."""
    sums = csr_array(np.stack([values, np.ones(len(values))], axis=1))
    return Statistic(lambda total: ratio(total[:, 0], total[:, 1]), sums)


def share(part: Array, whole: Array) -> Statistic:
    """Return the share of the rows in the mask `whole` that are also in the mask `part`."""
    sums = csr_array(np.stack([part & whole, whole], axis=1).astype(np.float64))
    return Statistic(lambda total: ratio(total[:, 0], total[:, 1]), sums)


def within(mask: Array, inner: Statistic) -> Statistic:
    """Return a statistic of the rows in `mask`, as a statistic of all rows."""
    position = np.flatnonzero(mask)
    if inner.sums is None:
        return Statistic(lambda counts: inner.of(counts[:, position]), most=inner.most)
    size = len(position)
    spread = csr_array((np.ones(size), (position, np.arange(size))), shape=(len(mask), size))
    return Statistic(inner.of, csr_array(spread @ inner.sums), inner.most)


def ratio(upper: Array, lower: Array, *, empty: float = np.nan) -> Array:
    """Return the quotient, `empty` where the divisor is not positive."""
    result = np.full(np.broadcast(upper, lower).shape, empty)
    np.divide(upper, lower, out=result, where=lower > 0)
    return result


def _regression(name: str, paired: Paired) -> Statistic | None:
    residual = paired.truth - paired.labels
    squared = residual**2
    if name == "neg_mean_absolute_error":
        return mean(-np.abs(residual))
    if name == "neg_mean_squared_error":
        return mean(-squared)
    if name == "neg_root_mean_squared_error":
        inner = mean(squared)
        return Statistic(lambda total: np.asarray(-np.sqrt(inner.of(total))), inner.sums)
    if name == "r2":
        centred = paired.truth - paired.truth.mean()
        sums = np.stack([squared, centred**2, centred, np.ones(paired.rows)], axis=1)

        def r2(total: Array) -> Array:
            around_mean = total[:, 1] - total[:, 2] ** 2 / total[:, 3]
            # What is left of rows that are all alike is rounding, and a share of it would be any number.
            around_mean = np.where(around_mean > ROUNDING * total[:, 1], around_mean, 0.0)
            return np.asarray(1 - ratio(total[:, 0], around_mean))

        return Statistic(r2, csr_array(sums))
    return None


def _confusion(paired: Paired, figure: Callable[[Array], Array]) -> Statistic:
    size = len(paired.classes)
    cells = _one_hot(paired.truth * size + paired.labels, size * size)
    return Statistic(lambda total: figure(total.reshape(-1, size, size)), cells)


def _one_hot(code: Array, size: int) -> csr_array:
    return csr_array((np.ones(len(code)), (np.arange(len(code)), code)), shape=(len(code), size))


def _hits(table: Array) -> Array:
    return np.diagonal(table, axis1=1, axis2=2)


def _accuracy(table: Array) -> Array:
    return ratio(_hits(table).sum(axis=1), table.sum(axis=(1, 2)))


def _over_classes(values: Array) -> Array:
    known = np.isfinite(values)
    return ratio(np.where(known, values, 0.0).sum(axis=1), known.sum(axis=1))


def _balanced_accuracy(table: Array) -> Array:
    return _over_classes(ratio(_hits(table), table.sum(axis=2)))


def _f1_macro(table: Array) -> Array:
    return _over_classes(ratio(2 * _hits(table), table.sum(axis=1) + table.sum(axis=2)))


def _f1_weighted(table: Array) -> Array:
    support = table.sum(axis=2)
    score = ratio(2 * _hits(table), table.sum(axis=1) + support, empty=0.0)
    return ratio((score * support).sum(axis=1), support.sum(axis=1))


def _precision(table: Array) -> Array:
    return ratio(table[:, 1, 1], table[:, :, 1].sum(axis=1), empty=0.0)


def _recall(table: Array) -> Array:
    return ratio(table[:, 1, 1], table[:, 1, :].sum(axis=1), empty=0.0)


def _f1(table: Array) -> Array:
    wrong = table[:, 0, 1] + table[:, 1, 0]
    return ratio(2 * table[:, 1, 1], 2 * table[:, 1, 1] + wrong, empty=0.0)


def _ranked(
    positive: Array, score: Array, figure: Callable[[Array, Array], Array], steps: int = AREA_STEPS
) -> Statistic:
    """Return a figure of the positives and negatives at each distinct score, the least score first."""
    found, step = np.unique(score, return_inverse=True)
    if len(found) > steps:
        rank = np.cumsum(np.bincount(step)) - 1
        step = (rank * steps // len(score))[step]
    size = int(step.max()) + 1
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


_BY_CONFUSION = {
    "accuracy": _accuracy,
    "balanced_accuracy": _balanced_accuracy,
    "f1_macro": _f1_macro,
    "f1_weighted": _f1_weighted,
}
_BY_CONFUSION_BINARY = {"precision": _precision, "recall": _recall, "f1": _f1}
