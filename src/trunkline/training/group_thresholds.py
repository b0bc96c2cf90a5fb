"""One threshold for each group: a fair classifier by post-processing that answers the same row the same way."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from .protected_groups import groups_of, large_groups

Constraint = Literal["demographic-parity", "equalized-odds", "true-positive-rate-parity"]
FOLDS = 4
"""Thresholds are chosen on scores of models that did not see the row: in-sample ones are too sure of themselves."""
EDGE = 1e-9


class GroupThresholds(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier of two outcomes whose threshold differs by group, so that a constraint holds between groups.

    Hardt, Price and Srebro (2016), Equality of opportunity in supervised learning, as fairlearn's ThresholdOptimizer
    solves it. Its solution is a lottery between two thresholds; here each group gets the one threshold whose rate is
    nearest to the lottery's: the selection rate for demographic parity, the true positive rate for its parity, the
    farther of true and false positive rate for equalized odds (there no single threshold need reach both).

    Probabilities are shifted within each group so that its threshold t lands on one half: the odds are multiplied by
    (1 - t) / t, which is what another base rate would do (Elkan 2001, The foundations of cost-sensitive learning,
    theorem 2). The label is the likelier outcome, and the ranking within a group stays. Rows of a group that was null,
    too small or absent in training get the threshold of all rows.

    `estimator` takes model frames, in which `attribute` is a column; it is cut at `bands`.
    """

    def __init__(
        self,
        estimator: Any,
        *,
        attribute: str,
        positive: str,
        bands: tuple[float, ...] = (),
        constraint: Constraint = "demographic-parity",
        seed: int = 0,
    ) -> None:
        self.estimator = estimator
        self.attribute = attribute
        self.positive = positive
        self.bands = bands
        self.constraint = constraint
        self.seed = seed

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> GroupThresholds:
        """Fit the estimator on all rows, and the thresholds on scores that it gave to rows that it had not seen."""
        y = np.asarray(y)
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=self.seed)
        scores = cross_val_predict(self.estimator, X, y, cv=folds, method="predict_proba")
        self.estimator_ = clone(self.estimator).fit(X, y)
        self.classes_ = self.estimator_.classes_
        chosen, positive = scores[:, self._place()], y.astype(str) == self.positive
        groups = groups_of(X[self.attribute], self.bands)
        large = large_groups(groups, positive)
        used = np.isin(groups, large)
        chosen, positive, groups = chosen[used], positive[used], groups[used]
        wanted = lottery(chosen, positive, groups, self.constraint)
        self.thresholds_ = {
            group: threshold(chosen[of], positive[of], wanted[of], self.constraint)
            for group, of in ((group, groups == group) for group in large)
        }
        self.threshold_ = threshold(chosen, positive, wanted, self.constraint)
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Return probabilities of shape (n, 2), in the order of `classes_`, shifted by each row's threshold."""
        place = self._place()
        score = np.asarray(self.estimator_.predict_proba(X), dtype=np.float64)[:, place]
        groups = groups_of(X[self.attribute], self.bands)
        cut = np.array([self.thresholds_.get(group, self.threshold_) for group in groups], dtype=np.float64)
        yes, no = score * (1 - cut), (1 - score) * cut
        shifted = yes / (yes + no)
        columns = [shifted, 1 - shifted] if place == 0 else [1 - shifted, shifted]
        return np.column_stack(columns)

    def predict(self, X: pd.DataFrame) -> np.ndarray:
        """Return the likelier outcome of each row."""
        return np.asarray(self.classes_[self.predict_proba(X).argmax(axis=1)])

    @property
    def models(self) -> list[Any]:
        """Return the fitted models behind the answers."""
        return [self.estimator_]

    def _place(self) -> int:
        return [str(label) for label in self.estimator_.classes_].index(self.positive)


def lottery(
    scores: np.ndarray, positive: np.ndarray, groups: np.ndarray, constraint: Constraint
) -> np.ndarray:
    """Return the chance with which fairlearn's ThresholdOptimizer would select each row, of shape (n,)."""
    from fairlearn.postprocessing import ThresholdOptimizer

    optimizer = ThresholdOptimizer(
        estimator=_Given(),
        constraints=constraint.replace("-", "_"),
        objective="accuracy_score",
        prefit=True,
        predict_method="predict_proba",
    )
    optimizer.fit(scores.reshape(-1, 1), positive.astype(int), sensitive_features=groups)
    chances = np.zeros(len(scores))
    for group, found in optimizer.interpolated_thresholder_.interpolation_dict.items():
        of = groups == group
        drawn = found.p0 * found.operation0(scores[of]) + found.p1 * found.operation1(scores[of])
        if "p_ignore" in found:
            drawn = found.p_ignore * found.prediction_constant + (1 - found.p_ignore) * drawn
        chances[of] = drawn
    return chances


def threshold(scores: np.ndarray, positive: np.ndarray, wanted: np.ndarray, constraint: Constraint) -> float:
    """Return the score above which rows are selected so that the constraint's rates come nearest to the wanted ones.

    `wanted` is each row's chance of being selected. Thresholds lie halfway between neighbouring scores.
    """
    rows = {
        "demographic-parity": [np.ones(len(scores), dtype=bool)],
        "true-positive-rate-parity": [positive],
        "equalized-odds": [positive, ~positive],
    }[constraint]
    known = np.unique(np.concatenate([[0.0], scores, [1.0]]))
    cuts = (known[1:] + known[:-1]) / 2
    apart = np.zeros(len(cuts))
    for of in rows:
        above = 1 - np.searchsorted(np.sort(scores[of]), cuts, side="right") / max(1, of.sum())
        apart = np.maximum(apart, np.abs(above - (wanted[of].mean() if of.any() else 0.0)))
    return float(np.clip(cuts[apart.argmin()], EDGE, 1 - EDGE))


class _Given(BaseEstimator):  # type: ignore[misc]
    """An estimator whose one input is the score itself."""

    def fit(self, X: np.ndarray, y: np.ndarray) -> _Given:  # noqa: ARG002
        """Learn nothing."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Return the score as the chance of the second class."""
        return np.column_stack([1 - X[:, 0], X[:, 0]])
