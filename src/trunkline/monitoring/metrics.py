"""Quality metrics under scikit-learn's scorer names (higher is better), on many bootstrap resamples at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from trunkline.core.errors import PolicyError

from .truth import Labelled

Floats = NDArray[np.float64]
Metric = Callable[[Labelled, Floats], Floats]
"""Takes weights of shape (resamples, n), returns one value a resample."""

LEAST_PROBABILITY = float(np.finfo(np.float64).eps)


def _mean(values: Floats, weights: Floats) -> Floats:
    return np.asarray(weights @ values / weights.sum(axis=1))


def _ratio(top: Floats, bottom: Floats, empty: float) -> Floats:
    return np.asarray(np.divide(top, bottom, out=np.full_like(top, empty), where=bottom > 0))


def _counts(labelled: Labelled, weights: Floats, value: str) -> tuple[Floats, Floats, Floats]:
    """Return true positives, actual and predicted ones of a class; each of shape (resamples,)."""
    actual, predicted = labelled.truth == value, labelled.labels == value
    return weights @ (actual & predicted), weights @ actual, weights @ predicted


def _present(labelled: Labelled) -> list[str]:
    return sorted({*labelled.truth, *labelled.labels})


def _accuracy(labelled: Labelled, weights: Floats) -> Floats:
    return _mean((labelled.truth == labelled.labels).astype(float), weights)


def _balanced_accuracy(labelled: Labelled, weights: Floats) -> Floats:
    recalls = []
    for value in sorted(set(labelled.truth)):
        hits, actual, _ = _counts(labelled, weights, value)
        recalls.append(_ratio(hits, actual, np.nan))
    table = np.stack(recalls)
    return np.asarray(np.nansum(table, axis=0) / (~np.isnan(table)).sum(axis=0))


def _precision(labelled: Labelled, weights: Floats) -> Floats:
    hits, _, predicted = _counts(labelled, weights, labelled.positive)
    return _ratio(hits, predicted, 0.0)


def _recall(labelled: Labelled, weights: Floats) -> Floats:
    hits, actual, _ = _counts(labelled, weights, labelled.positive)
    return _ratio(hits, actual, 0.0)


def _f1_of(labelled: Labelled, weights: Floats, value: str) -> Floats:
    hits, actual, predicted = _counts(labelled, weights, value)
    return _ratio(2 * hits, actual + predicted, 0.0)


def _f1(labelled: Labelled, weights: Floats) -> Floats:
    return _f1_of(labelled, weights, labelled.positive)


def _f1_macro(labelled: Labelled, weights: Floats) -> Floats:
    return np.asarray(np.mean([_f1_of(labelled, weights, value) for value in _present(labelled)], axis=0))


def _ranked(labelled: Labelled, scores: Floats, weights: Floats, value: str) -> tuple[Floats, Floats]:
    """Return the weight of positives and of negatives at each distinct score, rising; (resamples, scores)."""
    order = np.argsort(scores, kind="stable")
    starts = np.flatnonzero(np.diff(scores[order], prepend=-np.inf))
    sorted_weights = weights[:, order]
    positive = np.add.reduceat(sorted_weights * (labelled.truth[order] == value), starts, axis=1)
    return positive, np.add.reduceat(sorted_weights, starts, axis=1) - positive


def _auc_of(labelled: Labelled, scores: Floats, weights: Floats, value: str) -> Floats:
    positive, negative = _ranked(labelled, scores, weights, value)
    beaten = np.cumsum(negative, axis=1) - negative / 2
    pairs = positive.sum(axis=1) * negative.sum(axis=1)
    return _ratio((positive * beaten).sum(axis=1), pairs, np.nan)


def _roc_auc(labelled: Labelled, weights: Floats) -> Floats:
    """Area under the ROC curve as the Mann-Whitney statistic; one against the rest where there are many classes."""
    if labelled.scores is not None:
        return _auc_of(labelled, labelled.scores, weights, labelled.positive)
    probabilities = _probabilities(labelled)
    each = [
        _auc_of(labelled, probabilities[:, index], weights, value)
        for index, value in enumerate(labelled.classes)
    ]
    return np.asarray(np.mean(each, axis=0))


def _average_precision(labelled: Labelled, weights: Floats) -> Floats:
    scores = labelled.scores if labelled.scores is not None else _probabilities(labelled)[:, -1]
    positive, negative = _ranked(labelled, -scores, weights, labelled.positive)
    hits, asked = np.cumsum(positive, axis=1), np.cumsum(positive + negative, axis=1)
    return _ratio((positive * _ratio(hits, asked, 0.0)).sum(axis=1), positive.sum(axis=1), np.nan)


def _probabilities(labelled: Labelled) -> Floats:
    if labelled.probabilities is None:
        raise PolicyError(
            "monitoring.performance.metric needs probabilities, and this model answers without.",
            next_step="use a metric of labels or numbers",
        )
    return labelled.probabilities


def _one_hot(labelled: Labelled) -> Floats:
    same = labelled.truth[:, None] == np.array(labelled.classes, dtype=object)[None, :]
    return np.asarray(same, dtype=float)


def _neg_log_loss(labelled: Labelled, weights: Floats) -> Floats:
    own = (_probabilities(labelled) * _one_hot(labelled)).sum(axis=1)
    return _mean(np.asarray(np.log(np.clip(own, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY))), weights)


def _neg_brier_score(labelled: Labelled, weights: Floats) -> Floats:
    # As scikit-learn does: halved for two classes, so that it lies between 0 and 1.
    squares = ((_probabilities(labelled) - _one_hot(labelled)) ** 2).sum(axis=1)
    return -_mean(squares / 2 if len(labelled.classes) == 2 else squares, weights)


def _neg_mean_absolute_error(labelled: Labelled, weights: Floats) -> Floats:
    return -_mean(np.abs(labelled.truth - labelled.labels), weights)


def _neg_mean_squared_error(labelled: Labelled, weights: Floats) -> Floats:
    return -_mean((labelled.truth - labelled.labels) ** 2, weights)


def _neg_root_mean_squared_error(labelled: Labelled, weights: Floats) -> Floats:
    return np.asarray(-np.sqrt(-_neg_mean_squared_error(labelled, weights)))


def _r2(labelled: Labelled, weights: Floats) -> Floats:
    mean = _mean(labelled.truth, weights)
    spread = _mean(labelled.truth**2, weights) - mean**2
    return 1 + _ratio(_neg_mean_squared_error(labelled, weights), spread, np.nan)


METRICS: Mapping[str, Metric] = {
    "accuracy": _accuracy,
    "average_precision": _average_precision,
    "balanced_accuracy": _balanced_accuracy,
    "f1": _f1,
    "f1_macro": _f1_macro,
    "neg_brier_score": _neg_brier_score,
    "neg_log_loss": _neg_log_loss,
    "neg_mean_absolute_error": _neg_mean_absolute_error,
    "neg_mean_squared_error": _neg_mean_squared_error,
    "neg_root_mean_squared_error": _neg_root_mean_squared_error,
    "precision": _precision,
    "r2": _r2,
    "recall": _recall,
    "roc_auc": _roc_auc,
    "roc_auc_ovr": _roc_auc,
}
