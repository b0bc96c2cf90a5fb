"""How candidates are searched, and under which constraint of fairness."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from .section import Positive, Section


class Search(Section):
    """How settings are searched: cross-validation on train and validation together."""

    metric: str = "roc_auc"
    """Any scikit-learn scorer name, or a metric that the project defines."""
    iterations: Positive = 8
    """Settings tried for each candidate."""
    folds: Annotated[int, Field(ge=2, le=20)] = 4
    seed: int = 7
    jobs: int = 2


class Mitigation(Section):
    """A fairness constraint that every candidate is put under (fairlearn)."""

    method: Literal["none", "threshold-optimizer", "exponentiated-gradient"] = "none"
    """*threshold-optimizer* needs the attribute among the features; *exponentiated-gradient* only while it trains."""
    attribute: str = ""
    """The protected attribute; may be left out where the contract names just one."""
    constraint: Literal["demographic-parity", "equalized-odds", "true-positive-rate-parity"] = (
        "demographic-parity"
    )


class TrainingPolicy(Section):
    """Which candidates compete."""

    candidates: tuple[str, ...] = ()
    """Names from model.py; empty means all of them."""
    search: Search = Search()
    mitigation: Mitigation = Mitigation()
    watts_per_core: Annotated[float, Field(gt=0)] = 10.0
    """Behind the card's estimate of energy, where the machine's own meter cannot be read."""
