"""Numbers as outcomes of a snapshot's rows: what the gates of data ask, with pandas at hand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from trunkline.core.contract import Contract
from trunkline.core.figures import Figure, Interval
from trunkline.core.snapshots import Part
from trunkline.measure.intervals import LEVEL, deviate
from trunkline.measure.metrics import LightMetric
from trunkline.measure.paired import Paired

from ..outcomes import Codes, Faultless, Floats, Sufficient

BINS = 10
BIN_ROWS = 20
"""The most bins that a split keeps the shares of, and the fewest units in each."""


class Amounts(Faultless):
    """Outcomes that are numbers."""

    measure = "R2"

    def strata(self, values: pd.Series[Any], unit: pd.Series[Any]) -> pd.Series[Any]:
        """Return the quantile bin of each unit's mean."""
        means = values.astype("float64").groupby(unit).mean()
        bins = max(1, min(BINS, len(means) // BIN_ROWS))
        edges = np.quantile(means, np.linspace(0, 1, bins + 1)[1:-1])
        return pd.Series(np.searchsorted(edges, means, side="right"), index=means.index)

    def targets(self, values: pd.Series[Any]) -> list[Floats]:
        """Return the outcome itself."""
        return [np.asarray(values, dtype=np.float64)]

    def folds(self, target: Floats, most: int, seed: int) -> list[tuple[Codes, Codes]]:
        """Return cuts of shuffled rows."""
        from sklearn.model_selection import KFold  # Two seconds, spent only where rows are judged.

        return list(KFold(min(most, len(target)), shuffle=True, random_state=seed).split(target))

    def told(self, name: str, target: Floats, predicted: Floats, level: float) -> Figure:
        """Return R2, at least 0. Source of its interval: Fisher's z of the correlation."""
        n = len(target)
        r2 = max(0.0, LightMetric("r2").value(Paired(target, predicted, None)))
        z = math.atanh(math.sqrt(min(r2, 1 - 1e-12)))
        half = deviate(level) / math.sqrt(n - 3)
        low, high = math.tanh(max(z - half, 0.0)) ** 2, math.tanh(z + half) ** 2
        interval = Interval(low=min(low, r2), high=max(high, r2), level=level)
        return Figure(name=name, value=r2, rows=n, interval=interval)

    def conflicts(self, equals: Codes, values: pd.Series[Any]) -> tuple[Figure, str]:
        """Return the share of the variance that lies within groups of equal rows.

        Source of its interval, a ratio of two sums over rows: Cochran, Sampling Techniques (1977), section 6.4.
        """
        outcome = np.asarray(values, dtype=np.float64)
        means = np.bincount(equals, outcome) / np.maximum(np.bincount(equals), 1)
        inner, total = (outcome - means[equals]) ** 2, (outcome - outcome.mean()) ** 2
        ratio = float(inner.sum() / total.sum()) if total.sum() else 0.0
        spread = math.sqrt(float(((inner - ratio * total) ** 2).sum())) / float(total.sum() or 1.0)
        half = deviate(LEVEL) * spread
        interval = Interval(low=max(0.0, ratio - half), high=min(1.0, ratio + half))
        figure = Figure(name="conflicts", value=ratio, rows=len(outcome), interval=interval)
        return figure, f"the variance of {values.name} lies between rows that are equal"

    def sufficient(self, parts: Mapping[Part, pd.Series[Any]], contract: Contract) -> Sufficient:
        """Return whether the outcome varies in every part."""
        name = contract.outcome.name
        constant = [part for part, values in parts.items() if values.nunique() < 2]
        everything = pd.concat(list(parts.values())).astype("float64")
        figures = {"mean": everything.mean(), "standard_deviation": everything.std(ddof=0)}
        return Sufficient(
            "fail" if constant else "pass",
            f"{name} is the same in every row of {' and '.join(constant)}."
            if constant
            else f"{name} takes {everything.nunique():,} values.",
            tuple(
                Figure(name=key, value=float(value), rows=len(everything)) for key, value in figures.items()
            ),
            advice="Look at the filter in load() and at data.window." if constant else "",
        )
