from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import DataError, PolicyError, ProjectError
from trunkline.training.scoring import search_scorer


@pytest.fixture
def two() -> tuple[np.ndarray, np.ndarray, LogisticRegression]:
    """Rows, labels and a fitted model."""
    X = np.arange(40.0).reshape(-1, 1)
    y = np.array(["no"] * 18 + ["yes"] * 17 + ["no"] * 5, dtype=object)
    return X, y, LogisticRegression().fit(X, y)


@pytest.mark.parametrize("positive", ["no", "yes"])
def test_a_metric_of_the_positive_outcome_takes_the_contract_s(
    contract: Contract, two: tuple[Any, Any, Any], positive: str
) -> None:
    X, y, model = two
    scorer = search_scorer("f1", contract.model_copy(update={"positive": positive}), {}, y)
    assert scorer(model, X, y) == pytest.approx(
        f1_score(y, model.predict(X), pos_label=positive, zero_division=0)
    )


@pytest.mark.parametrize(
    "name", ["roc_auc", "average_precision", "precision", "neg_brier_score", "neg_log_loss", "f1_macro"]
)
def test_the_usual_names_work_on_labels_that_are_words(
    contract: Contract, two: tuple[Any, Any, Any], name: str
) -> None:
    X, y, model = two
    assert np.isfinite(search_scorer(name, contract, {}, y)(model, X, y))


def test_an_unknown_metric_gives_the_key_and_near_names(
    contract: Contract, two: tuple[Any, Any, Any]
) -> None:
    with pytest.raises(PolicyError, match=r"training\.search\.metric") as caught:
        search_scorer("roc_auk", contract, {}, two[1])
    assert "roc_auc" in caught.value.next_step


def test_near_names_include_the_project_s_own(contract: Contract, two: tuple[Any, Any, Any]) -> None:
    with pytest.raises(PolicyError) as caught:
        search_scorer("proft", contract, {"profit": lambda *_: 0.0}, two[1])
    assert "profit" in caught.value.next_step


def test_a_project_s_metric_gets_labels_and_the_probability_of_the_positive(
    contract: Contract, two: tuple[Any, Any, Any]
) -> None:
    X, y, model = two
    seen: list[Any] = []

    def profit(truth: Any, answers: Any, probability: Any) -> float:
        seen.extend([truth, answers, probability])
        return 2.5

    assert search_scorer("profit", contract, {"profit": profit}, y)(model, X, y) == 2.5
    assert seen[0].tolist() == y.tolist()
    assert seen[1].tolist() == model.predict(X).tolist()
    np.testing.assert_allclose(seen[2], model.predict_proba(X)[:, 1])


def test_a_project_s_metric_that_raises_is_named(contract: Contract, two: tuple[Any, Any, Any]) -> None:
    X, y, model = two

    def profit(truth: Any, answers: Any, probability: Any) -> float:
        raise ZeroDivisionError("nobody paid")

    with pytest.raises(ProjectError, match="metric profit raised ZeroDivisionError"):
        search_scorer("profit", contract, {"profit": profit}, y)(model, X, y)


@pytest.mark.parametrize("name", ["roc_auc", "r2"])
def test_a_metric_that_does_not_fit_three_classes_is_refused(name: str) -> None:
    contract = Contract(
        name="x",
        columns=(
            Column(name="a", type="number"),
            Column(name="y", type="category", categories=("a", "b", "c"), role=Role.OUTCOME),
        ),
    )
    with pytest.raises(PolicyError, match=r"training\.search\.metric.*does not fit the outcome y"):
        search_scorer(name, contract, {}, np.array(["a", "b", "c"] * 5, dtype=object))


def test_a_metric_of_classes_is_refused_for_regression(price: Contract) -> None:
    with pytest.raises(PolicyError, match="does not fit the outcome price") as caught:
        search_scorer("roc_auc", price, {}, np.arange(20.0) / 3)
    assert "r2" in caught.value.next_step


@pytest.mark.parametrize("scored", [slice(0, 30), slice(0, 10)])
def test_a_fold_that_lacks_a_class_is_named_and_not_the_candidate(scored: slice) -> None:
    columns = (
        Column(name="a", type="number"),
        Column(name="y", type="category", categories=("a", "b", "c"), role=Role.OUTCOME),
    )
    X, y = np.arange(30.0).reshape(-1, 1), np.repeat(np.array(["a", "b", "c"], dtype=object), 10)
    model = LogisticRegression().fit(X[:20], y[:20])
    scorer = search_scorer("roc_auc_ovr", Contract(name="x", columns=columns), {}, y)

    with pytest.raises(DataError, match=r"roc_auc_ovr has no value on a fold .*a, b were learned"):
        scorer(model, X[scored], y[scored])
