"""Rates by group: which groups have enough rows, what their rates are, and how far apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from fairlearn.metrics import MetricFrame

from trunkline.core.records import Figure, Interval

from .bootstrap import Statistic, draw, interval, joined
from .scored import Array
from .weighted import ratio, share
from .wording import number

Masks = Mapping[str, Array]
"""A group's name, as `colour=Black`, to the mask of its rows."""


def judged_groups(by: Masks, condition: Array, minimum: int) -> tuple[dict[str, Array], dict[str, int]]:
    """Return the groups with at least `minimum` rows of the condition, and the sizes of the others."""
    sizes = {group: int((mask & condition).sum()) for group, mask in by.items()}
    judged = {group: mask for group, mask in by.items() if sizes[group] >= minimum}
    return judged, {group: size for group, size in sizes.items() if size < minimum}


def rates(selected: Array, condition: Array, judged: Masks) -> dict[str, float]:
    """Return the share of selected rows among those of the condition, a group, by fairlearn's MetricFrame."""
    name = np.empty(len(selected), dtype=object)
    inside = np.zeros(len(selected), dtype=bool)
    for group, mask in judged.items():
        name[mask] = group
        inside |= mask
    rows = inside & condition
    frame = MetricFrame(
        metrics=lambda _, answers: float(np.mean(answers)),
        y_true=condition[rows].astype(int),
        y_pred=selected[rows].astype(int),
        sensitive_features=name[rows].astype(str),
    )
    return {str(group): float(rate) for group, rate in frame.by_group.items()}


def spread(selected: Array, condition: Array, judged: Masks, over: Callable[[Array], Array]) -> Statistic:
    """Return a function of the groups' rates (shape (resamples, groups)) as a statistic of all rows."""
    return joined([share(selected, condition & mask) for mask in judged.values()], over)


def least_over_greatest(rates: Array) -> Array:
    """Return the least over the greatest rate, NaN where all are zero."""
    return ratio(rates.min(axis=1), rates.max(axis=1))


def greatest_less_least(rates: Array) -> Array:
    """Return the difference of the greatest and the least rate."""
    return np.asarray(rates.max(axis=1) - rates.min(axis=1))


def confidence(statistic: Statistic, *, rows: int, resamples: int, seed: int) -> Interval | None:
    """Return the bootstrap interval of a statistic over groups."""
    return interval(draw({"": statistic}, rows=rows, resamples=resamples, seed=seed)[""])


def rate_figures(
    name: str, values: Mapping[str, float], groups: Masks, condition: Array
) -> tuple[Figure, ...]:
    """Return a group's rate as a figure each, on the rows it was taken over."""
    return tuple(
        Figure(name=name, value=value, rows=int((groups[group] & condition).sum()), group=group)
        for group, value in values.items()
    )


def listed(values: Mapping[str, float], groups: Masks, condition: Array) -> str:
    """Return the rates in words, the least first."""
    order = sorted(values, key=lambda group: (values[group], group))
    return ", ".join(
        f"{number(values[group])} in {group} ({int((groups[group] & condition).sum()):,} rows)"
        for group in order
    )


def left_out(small: Mapping[str, int]) -> str:
    """Return in words which groups were too small to be compared."""
    if not small:
        return ""
    return (
        " Too few rows to compare: " + ", ".join(f"{group} ({size})" for group, size in small.items()) + "."
    )
