"""Quality: metrics on rows as figures with their intervals; the same for a gate, a monitor and a rollout."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trunkline.core.errors import ProjectError
from trunkline.core.figures import Figure

from .bootstrap import draw, interval
from .metrics import Metric
from .paired import Paired

RESAMPLES = 1000
SEED = 7


def measure_all(
    paired: Paired, metrics: Sequence[Metric], *, resamples: int = RESAMPLES, seed: int = SEED
) -> tuple[tuple[Figure, ...], dict[str, str]]:
    """Return a figure for each metric that has a value on these rows, and for the project's that raise, why.

    Intervals are the bootstrap's at 95 %, of users where they repeat.
    """
    values: dict[Metric, float] = {}
    problems: dict[str, str] = {}
    for metric in metrics:
        try:
            value = metric.value(paired)
        except ProjectError as error:
            problems[metric.name] = error.what
            continue
        if np.isfinite(value):
            values[metric] = value
    statistics = {metric.name: metric.statistic(paired) for metric in values}
    drawn = draw(statistics, rows=paired.rows, resamples=resamples, seed=seed, users=paired.users)
    figures = tuple(
        Figure(
            name=metric.name,
            value=value,
            rows=paired.rows,
            interval=interval(drawn[metric.name], users=paired.users),
        )
        for metric, value in values.items()
    )
    return figures, problems


def measure_quality(paired: Paired, metric: Metric) -> Figure:
    """Return one metric on these rows with its interval.

    Raises ValueError when it has no value there, or the project's raises.
    """
    figures, problems = measure_all(paired, [metric])
    for problem in problems.values():
        raise ValueError(problem.rstrip("."))
    if not figures:
        raise ValueError(f"{metric.name} has no value on these {paired.rows:,} rows")
    return figures[0]
