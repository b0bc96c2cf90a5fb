"""Quality: a metric on labelled answers, with its bootstrap interval and what ignorance would reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trunkline.core.errors import PolicyError
from trunkline.core.figures import Figure, Interval

from .metrics import METRICS, Floats, Metric
from .truth import Labelled

UserMetric = Callable[[NDArray[Any], NDArray[Any], Floats | None], float]
"""A project's own metric: truth, labels, probability of the positive outcome or None."""

RESAMPLES = 1000
SEED = 7
LARGEST_BLOCK = 4_000_000
"""Weights held in memory at once."""


def measure_quality(
    labelled: Labelled,
    name: str,
    *,
    metrics: Mapping[str, UserMetric] | None = None,
    resamples: int = RESAMPLES,
) -> Figure:
    """Return a metric with its 95% percentile bootstrap interval (Efron & Tibshirani 1993, ch. 13).

    Resamples on which the metric has no value, such as those with one class, are left out.
    Raises PolicyError when no metric has this name; ValueError when it has no value on these rows.
    """
    rows = len(labelled)
    metric = _find(name, metrics or {})
    value = float(metric(labelled, np.ones((1, rows)))[0])
    if not np.isfinite(value):
        raise ValueError(f"{name} has no value on these {rows} rows")
    random = np.random.default_rng(SEED)
    block = max(1, min(resamples, LARGEST_BLOCK // rows))
    drawn = [
        metric(labelled, _draw(random, min(block, resamples - done), rows))
        for done in range(0, resamples, block)
    ]
    low, high = np.nanpercentile(np.concatenate(drawn), (2.5, 97.5))
    return Figure(name=name, value=value, rows=rows, interval=Interval(low=float(low), high=float(high)))


def compare_quality(
    challenger: Labelled,
    champion: Labelled,
    name: str,
    *,
    paired: bool,
    level: float = 0.95,
    metrics: Mapping[str, UserMetric] | None = None,
    resamples: int = RESAMPLES,
) -> Figure:
    """Return by how much a metric of the challenger exceeds the champion's, with its bootstrap interval at `level`.

    Where they are `paired`, row i of both is the same request, and both are drawn together.
    Raises PolicyError when no metric has this name; ValueError when it has no value on these rows.
    """
    metric = _find(name, metrics or {})
    rows, others = len(challenger), len(champion)
    value = float(metric(challenger, np.ones((1, rows)))[0] - metric(champion, np.ones((1, others)))[0])
    if not np.isfinite(value):
        raise ValueError(f"{name} has no value on these {rows} and {others} rows")
    random = np.random.default_rng(SEED)
    block = max(1, min(resamples, LARGEST_BLOCK // max(rows, others)))
    drawn = []
    for done in range(0, resamples, block):
        weights = _draw(random, min(block, resamples - done), rows)
        beside = weights if paired else _draw(random, len(weights), others)
        drawn.append(metric(challenger, weights) - metric(champion, beside))
    tail = 50 * (1 - level)
    low, high = np.nanpercentile(np.concatenate(drawn), (tail, 100 - tail))
    return Figure(
        name=f"{name} difference",
        value=value,
        rows=min(rows, others),
        interval=Interval(low=float(low), high=float(high), level=level),
    )


def ignorant_quality(labelled: Labelled, name: str, metrics: Mapping[str, UserMetric] | None = None) -> float:
    """Return the metric of a model that ignores its inputs: always the commonest outcome, or the mean."""
    rows = len(labelled)
    if labelled.truth.dtype != object:
        constant = replace(labelled, labels=np.full(rows, float(labelled.truth.mean())))
    else:
        values, counts = np.unique(labelled.truth.astype(str), return_counts=True)
        labels = np.full(rows, str(values[counts.argmax()]), dtype=object)
        shares = np.array([float((labelled.truth == name).mean()) for name in labelled.classes])
        known = labelled.probabilities is not None
        constant = replace(
            labelled, labels=labels, probabilities=np.tile(shares, (rows, 1)) if known else None
        )
    return float(_find(name, metrics or {})(constant, np.ones((1, rows)))[0])


def _draw(random: np.random.Generator, resamples: int, rows: int) -> Floats:
    """Return how often each row is drawn in each resample with replacement; shape (resamples, rows)."""
    drawn = random.integers(rows, size=(resamples, rows)) + rows * np.arange(resamples)[:, None]
    return np.bincount(drawn.ravel(), minlength=resamples * rows).reshape(resamples, rows).astype(float)


def _find(name: str, metrics: Mapping[str, UserMetric]) -> Metric:
    if name in metrics:
        return _resampled(metrics[name])
    if name in METRICS:
        return METRICS[name]
    raise PolicyError(
        "monitoring.performance.metric names a metric that cannot be monitored.",
        value=name,
        next_step=f"use one of {', '.join(sorted({*METRICS, *metrics}))}",
    )


def _resampled(metric: UserMetric) -> Metric:
    def on_resamples(labelled: Labelled, weights: Floats) -> Floats:
        values = []
        truth, labels = labelled.truth, labelled.labels
        if labelled.coded:
            truth, labels = truth.astype(np.int64), labels.astype(np.int64)
        for row in weights:
            index = np.repeat(np.arange(len(labelled)), row.astype(int))
            scores = labelled.scores
            values.append(metric(truth[index], labels[index], None if scores is None else scores[index]))
        return np.asarray(values, dtype=float)

    return on_resamples
