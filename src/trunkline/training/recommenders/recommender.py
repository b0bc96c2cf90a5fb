"""The recommender: candidates and their scores in one estimator; what a user has is left out, a cold one falls back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator

from trunkline.core.contract import as_label
from trunkline.core.errors import ProjectError

from .names import Names

Floats = NDArray[np.float64]
History: TypeAlias = Any
"""Users or contexts by items: how much each of the items counts; a sparse matrix of scipy."""
ROWS = 256
"""Rows that are scored together, so that memory does not grow with them."""


class Recommender(BaseEstimator):  # type: ignore[misc]
    """A subclass gives scores of the catalogue's items from a history; all that is the same for each is here.

    Fitted on which items were right in each row, `{"item": True}`, the oldest row first. A row names its user in the
    column `user`, and may hold in the column `seen` the ids of items, with blanks between them, that the user has had
    since: both count as history. Histories are left out of the answer unless `repeats` says that people take the same
    again. Whoever has no history gets the most popular items, of those in the same `context` where that column is
    named. `half_life` is the share of the rows after which an old one counts half; 0 counts all alike.
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
    ) -> None:
        self.user = user
        self.seen = seen
        self.context = context
        self.k = k
        self.repeats = repeats
        self.half_life = half_life

    def learn(self, history: History) -> None:
        """Learn from what each user took, weighed by how long ago; shape (users, items)."""

    def scores(self, history: History) -> Floats:
        """Return scores from 0 to 1 of every item for each row of a history; all zero where nothing is known.

        The rows of `history` have shape (n, items).
        """
        return np.zeros(history.shape)

    def fit(self, X: Any, y: Sequence[Mapping[str, Any]]) -> Self:
        """Learn catalogue, histories and popularity from rows, the oldest first, and the items of each."""
        taken = [
            [*(item for item, right in happened.items() if right), *listed.split()]
            for happened, listed in zip(y, _column(X, self.seen), strict=True)
        ]
        self.items_ = Names.of(item for items in taken for item in items)
        if not len(self.items_):
            raise ProjectError(
                "In no row was any item right.", next_step="look at the outcome in contract.py"
            )
        users = _column(X, self.user)
        self.users_ = Names.of(user for user in users if user)
        age = np.arange(len(taken))[::-1] / max(1, len(taken))
        weight = 0.5 ** (age / self.half_life) if self.half_life else np.ones(len(taken))
        self.history_ = self._matrix(self.users_.places(users), taken, weight, len(self.users_))
        known = _column(X, self.context)
        self.contexts_ = Names.of(known)
        self.popular_ = self._popular(self.contexts_.places(known), taken, weight)
        self.learn(self.history_)
        return self

    def predict(self, X: Any) -> list[list[dict[str, Any]]]:
        """Return for each row its best items with their scores, the best first."""
        users, seen = self.users_.places(_column(X, self.user)), _column(X, self.seen)
        contexts = self.contexts_.places(_column(X, self.context))
        found: list[list[dict[str, Any]]] = []
        for start in range(0, len(users), ROWS):
            part = slice(start, start + ROWS)
            history = self._history(users[part], seen[part])
            scores = self._scored(history, contexts[part])
            had = history.toarray() > 0
            # What lies in the basket is in no list; what was taken long ago may be, where people take it again.
            out = self._matrix_of_seen(seen[part]).toarray() > 0 if self.repeats else had
            found += [self._best(row, left) for row, left in zip(scores, out, strict=True)]
        return found

    def _scored(self, history: History, contexts: NDArray[np.int64]) -> Floats:
        scores = self.scores(history)
        top = scores.max(axis=1, keepdims=True)
        # Popularity decides between equals, and for whom nothing is known it decides alone.
        return np.where(top > 0, scores + 1e-6 * self.popular_[contexts], self.popular_[contexts])

    def _best(self, scores: Floats, left_out: NDArray[np.bool_]) -> list[dict[str, Any]]:
        scores = np.where(left_out, -1.0, scores)
        count = min(self.k, len(scores))
        # Ties go by name: the same on every machine.
        places = np.flatnonzero(scores >= -np.partition(-scores, count - 1)[count - 1])
        places = places[np.lexsort((places, -scores[places]))][:count]
        return [
            {"item": self.items_.names[place], "score": round(float(scores[place]), 6)}
            for place in places.tolist()
            if scores[place] >= 0
        ]

    def _history(self, users: NDArray[np.int64], seen: Sequence[str]) -> History:
        empty = sparse.csr_matrix((1, len(self.items_)))
        known = sparse.vstack([self.history_, empty], format="csr")[users]
        return sparse.csr_matrix(known.maximum(self._matrix_of_seen(seen)))

    def _matrix_of_seen(self, seen: Sequence[str]) -> History:
        listed = [text.split() for text in seen]
        return self._matrix(np.arange(len(seen)), listed, np.ones(len(seen)), len(seen))

    def _matrix(
        self, rows: NDArray[np.int64], items: Sequence[Sequence[str]], weight: Floats, size: int
    ) -> History:
        """Return rows by items: of an item that comes again the greatest weight."""
        pairs: dict[tuple[int, int], float] = {}
        for row, listed, each in zip(rows.tolist(), items, weight.tolist(), strict=True):
            for place in self.items_.places(listed).tolist() if row >= 0 else []:
                if place >= 0:
                    pairs[row, place] = max(each, pairs.get((row, place), 0.0))
        at = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
        values = np.array(list(pairs.values()))
        return sparse.csr_matrix((values, (at[:, 0], at[:, 1])), shape=(size, len(self.items_)))

    def _popular(self, contexts: NDArray[np.int64], items: Sequence[Sequence[str]], weight: Floats) -> Floats:
        """Return how often each item was right, by context and last in all, as shares of the greatest."""
        counts = np.zeros((len(self.contexts_) + 1, len(self.items_)))
        for row, listed, each in zip(contexts.tolist(), items, weight.tolist(), strict=True):
            places = self.items_.places(listed)
            counts[-1, places] += each
            if row >= 0:
                counts[row, places] += each
        # A context with few rows says little: it moves what all take, and does not replace it.
        whole = counts[-1] / counts[-1].max()
        shares = counts / np.maximum(counts.max(axis=1, keepdims=True), 1e-12)
        popular: Floats = np.vstack([(shares[:-1] + 0.1 * whole) / 1.1, whole])
        return popular


def _column(X: Any, name: str | int) -> list[str]:
    """Return a column as texts, null as the empty text; all empty where none is named."""
    if name == "":
        return [""] * len(X)
    if isinstance(X, pd.DataFrame):
        if name not in X.columns:
            raise ProjectError(
                f"The recommender reads the column {name}, which features() does not give.",
                value=", ".join(map(str, X.columns)),
                next_step="name it in model.py, or let features() in features.py return the frame as it is",
            )
        values: Iterable[Any] = X[name].tolist()
    elif isinstance(name, int):
        values = np.asarray(X, dtype=object)[:, name].tolist()
    else:
        raise ProjectError(
            f"The recommender reads the column {name}, and features() gives columns without names.",
            next_step="let features() in features.py return the frame as it is: FunctionTransformer()",
        )
    return ["" if value is None or value != value else as_label(value) for value in values]
