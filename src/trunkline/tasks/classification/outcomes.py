"""Classes as outcomes of a snapshot's rows: what the gates of data ask, with pandas at hand."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from trunkline.core.contract import Contract, as_label
from trunkline.core.figures import Figure, Interval
from trunkline.core.snapshots import Part
from trunkline.core.verdicts import Outcome
from trunkline.measure.intervals import deviate, score_interval, wilson
from trunkline.measure.metrics import LightMetric
from trunkline.measure.paired import Paired

from ..outcomes import Codes, Faultless, Floats, Sufficient

LEAST = 2
"""Rows of a class below which nothing can be said of it."""
LEAST_IN_TEST = 10
"""Rows of each class that the test part needs before anything can be said of it."""


class Labels(Faultless):
    """Outcomes of which each is one of some classes."""

    measure = "AUC"

    def strata(self, values: pd.Series[Any], unit: pd.Series[Any]) -> pd.Series[Any]:
        """Return the class of each unit's first row."""
        return values.astype(str).groupby(unit).first()

    def targets(self, values: pd.Series[Any]) -> list[Floats]:
        """Return each class against the rest; of two the second says the same as the first."""
        labels = values.astype(str)
        counts = labels.value_counts()
        classes = sorted(
            str(name) for name, count in counts.items() if count >= LEAST and len(labels) - count >= LEAST
        )
        asked = classes[:1] if len(counts) == 2 else classes
        return [np.asarray(labels == name, dtype=np.float64) for name in asked]

    def folds(self, target: Floats, most: int, seed: int) -> list[tuple[Codes, Codes]]:
        """Return cuts with the same share of the class, as many as the rarer side has rows."""
        from sklearn.model_selection import StratifiedKFold  # Two seconds, spent only where rows are judged.

        fewest = int(min(target.sum(), len(target) - target.sum()))
        return list(StratifiedKFold(min(most, fewest), shuffle=True, random_state=seed).split(target, target))

    def told(self, name: str, target: Floats, predicted: Floats, level: float) -> Figure:
        """Return the area under the ROC curve. Source of its interval: Hanley and McNeil, Radiology 143 (1982)."""
        n, positives = len(target), int(target.sum())
        negatives = n - positives
        chances = np.stack([1 - predicted, predicted], axis=1)
        paired = Paired(target.astype(int), predicted > 0.5, chances, ("other", "this"))
        a = LightMetric("roc_auc").value(paired)
        q1, q2 = a / (2 - a), 2 * a * a / (1 + a)
        variance = (a * (1 - a) + (positives - 1) * (q1 - a * a) + (negatives - 1) * (q2 - a * a)) / (
            positives * negatives
        )
        half = deviate(level) * math.sqrt(max(variance, 0.0))
        interval = Interval(low=max(0.0, a - half), high=min(1.0, a + half), level=level)
        return Figure(name=name, value=a, rows=n, interval=interval)

    def conflicts(self, equals: Codes, values: pd.Series[Any]) -> tuple[Figure, str]:
        """Return the share of rows whose equals have another class more often."""
        codes, classes = pd.factorize(values.astype(str), sort=True)
        pairs, counts = np.unique(equals * max(1, len(classes)) + codes, return_counts=True)
        most = np.zeros(int(equals.max(initial=-1)) + 1, dtype=np.int64)
        np.maximum.at(most, pairs // max(1, len(classes)), counts)
        rows = len(values)
        share = (rows - int(most.sum())) / max(1, rows)
        figure = Figure(name="conflicts", value=share, rows=rows, interval=score_interval(share, rows))
        return figure, f"{rows:,} rows have equals with another {values.name} more often"

    def sufficient(self, parts: Mapping[Part, pd.Series[Any]], contract: Contract) -> Sufficient:
        """Return whether train has every class, and test enough rows of each."""
        name, classes = contract.outcome.name, contract.outcome.categories
        labels = {part: values.astype(object).map(as_label) for part, values in parts.items()}
        everything = pd.concat(list(labels.values()))
        counts, in_train, in_test = (
            {label: int((of == label).sum()) for label in classes}
            for of in (everything, labels["train"], labels["test"])
        )
        unseen = [label for label in classes if not in_train[label]]
        rare = [label for label in classes if in_test[label] < LEAST_IN_TEST]
        outcome: Outcome = "fail" if unseen else "inconclusive" if rare else "pass"
        reason = {
            "fail": f"Train has no row of {name} = {' or '.join(unseen)}.",
            "inconclusive": f"Test has fewer than {LEAST_IN_TEST} rows of {name} = {' or '.join(rare)}.",
            "pass": f"Every class is there; the rarest has {min(in_test.values(), default=0):,} rows in test.",
        }[outcome]
        rows = len(everything)
        figures = tuple(
            Figure(
                name="share",
                value=count / rows,
                rows=rows,
                group=f"{name}={label}",
                interval=wilson(count, rows),
            )
            for label, count in counts.items()
        )
        return Sufficient(outcome, reason, figures, threshold=LEAST_IN_TEST)
