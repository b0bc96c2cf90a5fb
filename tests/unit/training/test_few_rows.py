from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import loguniform
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import StackingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import OneHotEncoder
from sklearn.svm import LinearSVC

from trunkline.core.contract import Contract
from trunkline.core.errors import ExportError, PolicyError, ProjectError
from trunkline.core.policy.training import Search, TrainingPolicy
from trunkline.training import Candidate, Tried, try_candidates
from trunkline.training.few_rows import few_rows, settings_of

POLICY = TrainingPolicy()


def features(categories: str = "ignore") -> ColumnTransformer:
    return ColumnTransformer(
        [
            ("town", OneHotEncoder(handle_unknown=categories, sparse_output=False), ["town"]),
            ("owner", "passthrough", ["owner"]),
        ]
    )


def try_one(
    candidate: Candidate, rows: pd.DataFrame, contract: Contract, **changes: Any
) -> tuple[Tried, ...]:
    settings: dict[str, Any] = {
        "features": features,
        "candidates": [candidate],
        "policy": POLICY,
        "metrics": {},
        "package": "loans",
        "progress": lambda _: None,
    }
    return try_candidates(rows, contract, **(settings | changes))


def test_a_candidate_that_works_says_how_many_settings_and_what_it_runs_as(
    rows: pd.DataFrame, contract: Contract
) -> None:
    candidate = Candidate("logistic", LogisticRegression(), {"C": [0.1, 1.0, 10.0], "max_iter": [100]})
    (tried,) = try_one(candidate, rows, contract)
    assert (tried.candidate, tried.settings, tried.runtime) == ("logistic", 3, "onnx")
    assert tried.size > 0


def test_a_value_of_the_search_that_the_estimator_refuses_is_named(
    rows: pd.DataFrame, contract: Contract
) -> None:
    candidate = Candidate("logistic", LogisticRegression(), {"C": [1.0, -1.0]})
    with pytest.raises(ProjectError, match="logistic cannot be fitted") as caught:
        try_one(candidate, rows, contract)
    assert caught.value.value == "C=-1.0"


def test_a_metric_that_does_not_fit_the_outcome_is_named(rows: pd.DataFrame, contract: Contract) -> None:
    policy = TrainingPolicy(search=Search(metric="r2"))
    with pytest.raises(PolicyError, match=r"training\.search\.metric"):
        try_one(Candidate("logistic", LogisticRegression()), rows, contract, policy=policy)


def test_a_classifier_that_gives_no_probabilities_is_named_and_a_stack_that_does_is_not(
    rows: pd.DataFrame, contract: Contract
) -> None:
    with pytest.raises(ProjectError, match="svc: LinearSVC gives no probabilities"):
        try_one(Candidate("svc", LinearSVC()), rows, contract)
    stack = StackingClassifier([("one", LogisticRegression())])
    assert try_one(Candidate("stack", stack), rows, contract)[0].candidate == "stack"


def test_a_row_of_the_contract_that_gets_no_answer_is_named(rows: pd.DataFrame, contract: Contract) -> None:
    rows = rows.assign(town="north")
    with pytest.raises(ExportError, match="town is south"):
        try_one(
            Candidate("logistic", LogisticRegression()), rows, contract, features=lambda: features("error")
        )


def test_what_the_few_rows_alone_break_is_no_error(rows: pd.DataFrame, contract: Contract) -> None:
    many = pd.concat([rows] * 5, ignore_index=True)
    assert try_one(Candidate("neighbours", KNeighborsClassifier(600)), many, contract)[0].settings == 1
    with pytest.raises(ProjectError, match="neighbours"):
        try_one(Candidate("neighbours", KNeighborsClassifier(600)), rows, contract)


def test_the_few_rows_have_every_class_and_category_and_are_always_the_same(contract: Contract) -> None:
    many = pd.DataFrame(
        {
            "id": np.arange(9000),
            "income": 1.0,
            "town": ["north"] * 8999 + ["south"],
            "owner": False,
            "sex": "f",
            "paid": ["no"] * 5 + ["yes"] * 8995,
        }
    )
    some = few_rows(many, contract, count=50)
    assert 50 < len(some) <= 61
    assert set(some["town"]) == {"north", "south"}
    assert (some["paid"] == "no").sum() == 5
    assert some.equals(few_rows(many, contract, count=50))


def test_every_listed_value_of_a_search_comes_up_and_two_of_a_distribution() -> None:
    candidate = Candidate(
        "a", LogisticRegression(), {"C": loguniform(0.1, 1), "max_iter": [1, 2, 3], "tol": (0.1,)}
    )
    settings = settings_of(candidate)
    assert [setting["max_iter"] for setting in settings] == [1, 2, 3]
    assert len({setting["C"] for setting in settings}) == 2
    assert settings_of(Candidate("b", LogisticRegression())) == [{}]
