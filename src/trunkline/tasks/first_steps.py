"""First steps: what a project begins with, where its author has said nothing but what is predicted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FirstSteps:
    """The metric, the split and the estimators that fit a task."""

    metric: str
    """The metric of search, gates and monitoring."""
    split: str
    """The method of `data.split` where rows have no users."""
    linear: str
    """A linear estimator of scikit-learn, as Python writes it."""
    strength: str
    """Its parameter of regularisation."""
    boosted: str
    """The class of gradient boosting."""
