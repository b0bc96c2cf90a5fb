"""Rows count as much as the contract's column of weights says, in every fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import DataError, PolicyError, ProjectError
from trunkline.core.policy.training import Mitigation, TrainingPolicy
from trunkline.training import Candidate, predict_frame, train

NUMBER = Column(name="x", type="number")
CONTRACT = Contract(
    name="weighed",
    columns=(
        NUMBER,
        Column(name="counts", type="number", role=Role.WEIGHT, minimum=0),
        Column(name="y", type="category", role=Role.OUTCOME, categories=("no", "yes")),
    ),
    positive="yes",
)
PLAIN = Candidate("plain", LogisticRegression())
PIPED = Candidate("piped", make_pipeline(StandardScaler(), LogisticRegression()))
POLICY = TrainingPolicy.model_validate({"search": {"iterations": 1, "folds": 2, "jobs": 1}})


def rows(weights: Any) -> pd.DataFrame:
    """Return two hundred rows, of which the second half says the opposite of the first."""
    x = np.tile(np.linspace(-1, 1, 100), 2)
    yes = np.concatenate([x[:100] > 0, x[100:] <= 0])
    return pd.DataFrame({"x": x, "counts": weights, "y": np.where(yes, "yes", "no")})


def fitted(weights: Any, candidate: Candidate = PIPED, policy: TrainingPolicy = POLICY) -> np.ndarray:
    """Return the probability of yes at the two ends."""
    frame = rows(weights)
    found = train(frame, CONTRACT, features=StandardScaler, candidates=[candidate], policy=policy)
    _, probabilities = predict_frame(found.pipeline, frame.iloc[[0, 99]], CONTRACT)
    assert probabilities is not None
    return np.asarray(probabilities[:, 1])


def test_rows_that_count_more_decide() -> None:
    first = fitted(np.repeat([1.0, 0.1], 100))
    second = fitted(np.repeat([0.1, 1.0], 100))
    assert first[0] < 0.3 < 0.7 < first[1]
    assert second[1] < 0.3 < 0.7 < second[0]


def test_a_threshold_is_chosen_by_models_that_learned_with_the_weights() -> None:
    policy = POLICY.model_validate(POLICY.model_dump() | {"threshold": {"metric": "f1"}})
    assert fitted(np.repeat([1.0, 0.1], 100), policy=policy)[1] > 0.7


def test_no_request_has_a_weight() -> None:
    assert CONTRACT.inputs == (NUMBER,)


def test_an_estimator_that_takes_no_weights_is_named() -> None:
    with pytest.raises(ProjectError, match=r"neighbours.*KNeighborsClassifier.*counts"):
        fitted(1.0, Candidate("neighbours", KNeighborsClassifier()))


def test_a_mitigation_weighs_the_rows_itself() -> None:
    columns = (*CONTRACT.columns, Column(name="sex", type="category", categories=("f", "m"), protected=True))
    contract = CONTRACT.model_copy(update={"columns": columns})
    frame = rows(1.0).assign(sex=["f", "m"] * 100)
    policy = POLICY.model_copy(update={"mitigation": Mitigation(method="exponentiated-gradient")})
    with pytest.raises(PolicyError, match=r"mitigation.*counts"):
        train(frame, contract, features=StandardScaler, candidates=[PLAIN], policy=policy)


def test_rows_that_do_not_count_at_all_are_refused() -> None:
    with pytest.raises(DataError, match="weight 0"):
        fitted(0.0)
