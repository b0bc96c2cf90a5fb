"""Slice search: parts of the rows where a figure is high, found by a shallow tree and said in readable conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeRegressor

from trunkline.core.contract import Column, Contract, Role, as_label
from trunkline.inputs import input_of
from trunkline.measure.paired import Array

ROWS = 20_000
"""Rows that a tree is fitted on at most."""
EDGES = 31
"""Places at which a number may be cut: quantiles, moved to readable values."""
LEVELS = 16
"""Categories of a column that may be told apart: the most frequent."""
MISSING = "missing"
LONGEST = 40
"""Characters of a free text that may stand for a group of rows; a longer one may hold what must not be published."""


@dataclass(frozen=True)
class Slice:
    """Rows that keep some conditions, as a mask of shape (n,); `columns` are those that the words name."""

    words: str
    mask: Array
    columns: tuple[str, ...]


@dataclass(frozen=True)
class _Split:
    """A column of the tree's table: rows right of a cut keep the other condition than those left of it."""

    column: Column
    level: str = ""
    edges: tuple[str, ...] = ()
    nulls: bool = False


class Table:
    """The columns that a person understands, as numbers that a tree can cut."""

    def __init__(self, frame: pd.DataFrame, contract: Contract, *, minimum_rows: int) -> None:
        """Read features and audit columns; a category that fewer than `minimum_rows` rows have is not told apart."""
        self._splits: list[_Split] = []
        self._levels: dict[str, list[str]] = {}
        found: list[Array] = []
        for column in contract.columns:
            if column.role not in (Role.FEATURE, Role.AUDIT) or column.name not in frame.columns:
                continue
            if input_of(column).quantity:
                self._add_number(frame[column.name], column, found)
            else:
                self._add_category(frame[column.name], column, minimum_rows, found)
        self.values = np.stack(found, axis=1) if found else np.empty((len(frame), 0), dtype=np.float32)

    def slices(self, target: Array, rows: Array, *, depth: int, minimum_rows: int) -> tuple[Slice, ...]:
        """Return every node but the root of a tree that explains `target` on the rows at these positions."""
        if not self.values.shape[1]:
            return ()
        tree = DecisionTreeRegressor(max_depth=depth, min_samples_leaf=minimum_rows, random_state=0)
        tree.fit(self.values[rows[:ROWS]], target[rows[:ROWS]])
        inner = tree.tree_
        found: list[Slice] = []
        # node, rows in it, and for each column of the table the cuts that lead there, each with its side
        open_: list[tuple[int, Array, dict[int, tuple[float, float]]]] = [
            (0, np.ones(len(self.values), dtype=bool), {})
        ]
        while open_:
            node, mask, path = open_.pop()
            if path:
                words, names = self._words(path)
                found.append(Slice(words, mask, names))
            left, right = int(inner.children_left[node]), int(inner.children_right[node])
            if left < 0:
                continue
            place, cut = int(inner.feature[node]), float(inner.threshold[node])
            below = self.values[:, place] <= cut
            low, high = path.get(place, (-np.inf, np.inf))
            open_.append((right, mask & ~below, path | {place: (max(low, cut), high)}))
            open_.append((left, mask & below, path | {place: (low, min(high, cut))}))
        return tuple(found)

    def _add_number(self, values: pd.Series, column: Column, found: list[Array]) -> None:
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        edges, texts = _edges(numbers[np.isfinite(numbers)], whole=input_of(column).whole)
        null = np.isnan(numbers)
        if not len(edges) and not (null.any() and not null.all()):
            return
        codes = np.digitize(np.where(null, 0.0, numbers), edges).astype(np.float32)
        # Null is beyond the last number, so that a cut can part it from all of them.
        codes[null] = len(edges) + 1
        self._splits.append(_Split(column, edges=texts, nulls=bool(null.any())))
        found.append(codes)

    def _add_category(self, values: pd.Series, column: Column, minimum_rows: int, found: list[Array]) -> None:
        null = values.isna().to_numpy(dtype=bool)
        labels = np.array(
            [MISSING if gone else as_label(value) for value, gone in zip(values.tolist(), null, strict=True)],
            dtype=object,
        )
        names, codes, counts = np.unique(labels.astype(str), return_inverse=True, return_counts=True)
        self._levels[column.name] = [str(name) for name in names]
        order = np.lexsort((names, -counts))[:LEVELS]
        free = input_of(column).free
        kept = sorted(
            int(place)
            for place in order
            if minimum_rows <= counts[place] and not (free and len(names[place]) > LONGEST)
        )
        if len(names) == 2:
            kept = kept[:1]  # the other one is its opposite
        for place in kept if len(names) > 1 else []:
            self._splits.append(_Split(column, level=str(names[place])))
            found.append((codes == place).astype(np.float32))

    def _words(self, path: dict[int, tuple[float, float]]) -> tuple[str, tuple[str, ...]]:
        said: dict[str, str] = {}
        within: dict[str, list[str]] = {}
        for place in sorted(path):
            split, (low, high) = self._splits[place], path[place]
            name = split.column.name
            if input_of(split.column).quantity:
                said[name] = _range_words(split, low, high)
                continue
            left = within.get(name, self._levels[name])
            within[name] = [level for level in left if (level == split.level) == (low > 0)]
            said[name] = _level_words(name, within[name], self._levels[name])
        return " & ".join(said.values()), tuple(said)


def _edges(known: Array, *, whole: bool) -> tuple[Array, tuple[str, ...]]:
    """Return where a number is cut, strictly above its least value, and the cuts in words."""
    if not len(known) or known.min() == known.max():
        return np.empty(0), ()
    raw = np.quantile(known, np.linspace(0, 1, EDGES + 2)[1:-1])
    if whole:
        edges = np.ceil(raw)
        if known.max() - known.min() <= EDGES:
            edges = np.unique(known)
        digits = 0
    else:
        middle = raw[-1] - raw[0] or known.max() - known.min()
        # Two digits of the spread are enough to read, and to cut by.
        digits = int(max(0, 2 - np.floor(np.log10(middle))))
        edges = np.round(raw, digits)
    edges = np.unique(edges)
    edges = edges[(edges > known.min()) & (edges <= known.max())]
    if not len(edges):
        # Nearly every row has the least value: the others are one part.
        least = known[known > known.min()].min()
        return np.array([least]), (f"{least:.6g}",)
    return edges, tuple(f"{edge:.{digits}f}" for edge in edges)


def _range_words(split: _Split, low: float, high: float) -> str:
    name, edges = split.column.name, split.edges
    last = len(edges)
    # A code is the number of edges at or below the value, one more for null.
    first = int(np.floor(low)) if np.isfinite(low) else -1
    final = int(np.floor(high)) if np.isfinite(high) else last + 1
    with_null = split.nulls and final > last
    if first >= last:
        return f"{name} is {MISSING}"
    parts = []
    if first >= 0:
        parts.append(f"{name} >= {edges[first]}")
    if final < last:
        parts.append(f"{name} < {edges[final]}")
    if len(parts) == 2:
        parts = [f"{edges[first]} <= {name} < {edges[final]}"]
    said = parts[0] if parts else f"{name} is not {MISSING}"
    return f"({said} or {MISSING})" if with_null and parts else said


def _level_words(name: str, within: Sequence[str], every: Sequence[str]) -> str:
    if len(within) == 1:
        return f"{name} = {within[0]}"
    outside = [level for level in every if level not in within]
    if len(within) <= len(outside):
        return f"{name} = {' or '.join(within)}"
    return f"{name} is not {' or '.join(outside)}"
