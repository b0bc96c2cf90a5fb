"""Neighbours: items that the same people take as those in a user's history."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from .recommender import Floats, History, Recommender

CHUNK = 512
"""Items whose neighbours are sought together."""


class Neighbours(Recommender):
    """Items are near when the same users took both, by the cosine of who took them.

    Of each item the nearest `neighbours` count. An item's score is the sum of its nearness to the history, weighed by
    how long ago that was, and `popularity` times its own popularity. Where `repeats` is true, what was taken before
    scores as its weight besides.
    Source: Deshpande and Karypis (2004), Item-based top-N recommendation algorithms, ACM TOIS 22.
    """

    def __init__(
        self,
        *,
        user: str | int = "user",
        seen: str | int = "",
        context: str | int = "",
        k: int = 10,
        repeats: bool = False,
        half_life: float = 0.25,
        neighbours: int = 200,
        popularity: float = 0.1,
    ) -> None:
        super().__init__(user=user, seen=seen, context=context, k=k, repeats=repeats, half_life=half_life)
        self.neighbours = neighbours
        self.popularity = popularity

    def learn(self, history: History) -> None:
        """Find the neighbours of each item."""
        taken = history.copy()
        taken.data = np.ones_like(taken.data)
        length = np.sqrt(np.asarray(taken.sum(axis=0)).ravel())
        unit = sparse.csr_matrix(taken @ sparse.diags(1 / np.maximum(length, 1.0)))
        columns = unit.T.tocsr()
        nearest = [
            self._nearest((columns[start : start + CHUNK] @ unit).toarray(), start)
            for start in range(0, columns.shape[0], CHUNK)
        ]
        self.near_ = sparse.vstack(nearest, format="csr")

    def scores(self, history: History) -> Floats:
        """Return the sum of each item's nearness to a history, as a share of the greatest, and its popularity."""
        near = (history @ self.near_).toarray()
        top = near.max(axis=1, keepdims=True)
        scores = near / np.where(top > 0, top, 1.0)
        if self.repeats:
            weights = history.toarray()
            scores += weights / np.maximum(weights.max(axis=1, keepdims=True), 1e-12)
        known = scores.max(axis=1, keepdims=True) > 0
        scores += np.where(known, self.popularity * self.popular_[-1], 0.0)
        return np.asarray(scores / (1 + self.popularity + self.repeats))

    def _nearest(self, near: Floats, start: int) -> History:
        rows = np.arange(len(near))
        near[rows, start + rows] = 0.0
        count = min(self.neighbours, near.shape[1])
        least = -np.partition(-near, count - 1, axis=1)[:, count - 1 : count]
        return sparse.csr_matrix(np.where(near >= np.maximum(least, 1e-12), near, 0.0))
