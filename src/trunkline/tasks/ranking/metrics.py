"""The metrics of rankings: one value a row, from 0 to 1; rows of which nothing was right count 0."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from trunkline.measure.paired import Array, Paired

SHORT, LONG = 5, 10
"""The first so many items of a list are judged."""


def _hits(paired: Paired, k: int | None) -> list[tuple[list[bool], int]]:
    """Return for each row which of its first k items were right, and how many items were right at all."""
    found = []
    for truth, entries in zip(paired.truth, paired.labels, strict=True):
        right = {item for item, was in truth.items() if was}
        found.append(([entry["item"] in right for entry in entries[:k]], len(right)))
    return found


def hit_rate(k: int | None) -> Callable[[Paired], Array]:
    """Return the metric: whether one of the first k items was right, or any where k is None."""
    return lambda paired: np.array([float(any(hits)) for hits, _ in _hits(paired, k)])


def recall(k: int) -> Callable[[Paired], Array]:
    """Return the metric: which share of the right items is among the first k."""
    return lambda paired: np.array([sum(hits) / right if right else 0.0 for hits, right in _hits(paired, k)])


def ndcg(k: int) -> Callable[[Paired], Array]:
    """Return the metric: the gain of the first k items, less the lower they stand, as a share of the best order's.

    Source: Jarvelin and Kekalainen (2002), Cumulated gain-based evaluation of IR techniques, ACM TOIS 20.
    """
    worth = 1 / np.log2(np.arange(k) + 2)

    def of(paired: Paired) -> Array:
        return np.array(
            [
                float(worth[: len(hits)] @ np.array(hits, dtype=float)) / worth[: min(k, right)].sum()
                if right
                else 0.0
                for hits, right in _hits(paired, k)
            ]
        )

    return of


def reciprocal_rank(k: int) -> Callable[[Paired], Array]:
    """Return the metric: one over the place of the first right item among the first k; its mean is the MRR."""
    return lambda paired: np.array(
        [1 / (1 + hits.index(True)) if any(hits) else 0.0 for hits, _ in _hits(paired, k)]
    )


def catalogue_coverage(paired: Paired) -> Array:
    """Which share of the items that were right or shown in any row are shown in some row.

    Each row's value is its part of that share, so that the mean is the share; intervals take as given how often each
    item is shown.
    """
    shown = Counter(entry["item"] for entries in paired.labels for entry in entries)
    catalogue = {*shown, *(item for truth in paired.truth for item, was in truth.items() if was)}
    if not catalogue:
        return np.zeros(paired.rows)
    parts = [sum(1 / shown[entry["item"]] for entry in entries) for entries in paired.labels]
    return np.array(parts) * paired.rows / len(catalogue)


def neg_popularity_bias(paired: Paired) -> Array:
    """By how much what is shown is more popular than what was right for the same user: 0 is best, -1 worst.

    Popularity is an item's place among all by how often it was right, as a share. Measured by protected group, it says
    whom the list serves with what everybody likes instead of what they like.
    Source: Abdollahpouri et al. (2019), The unfairness of popularity bias in recommendation, RMSE at RecSys.
    """
    counts = Counter(item for truth in paired.truth for item, was in truth.items() if was)
    names = list(counts)
    often = np.array([counts[name] for name in names], dtype=np.float64)
    below = np.searchsorted(np.sort(often), often, side="left")
    place = dict(zip(names, (below / max(1, len(names) - 1)).tolist(), strict=True))
    values = []
    for truth, entries in zip(paired.truth, paired.labels, strict=True):
        right = [place[item] for item, was in truth.items() if was]
        shown = [place.get(entry["item"], 0.0) for entry in entries]
        values.append(min(0.0, float(np.mean(right) - np.mean(shown))) if right and shown else 0.0)
    return np.array(values)


METRICS: Mapping[str, Callable[[Paired], Any]] = {
    "hit_rate_at_10": hit_rate(LONG),
    "recall_at_10": recall(LONG),
    "ndcg_at_10": ndcg(LONG),
    "mrr_at_10": reciprocal_rank(LONG),
    "hit_rate_at_5": hit_rate(SHORT),
    "ndcg_at_5": ndcg(SHORT),
    # The same before a release and after it: the share of lists of which something was taken.
    "click_through_rate": hit_rate(None),
    "catalogue_coverage": catalogue_coverage,
    "neg_popularity_bias": neg_popularity_bias,
}
