from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.decision import Decision
from trunkline.core.errors import PolicyError, ProjectError
from trunkline.core.policy.training import Threshold, TrainingPolicy
from trunkline.training import check_threshold, model_frame, outcome
from trunkline.training.folds import folds
from trunkline.training.threshold import decide

Decide = Callable[..., Decision | None]


def world(shares: float = -2.2, rows: int = 3000) -> pd.DataFrame:
    """Return rows of a rare class: the odds are linear in one number."""
    draw = np.random.default_rng(1)
    x = draw.normal(size=rows)
    return pd.DataFrame(
        {"x": x, "bought": np.where(draw.random(rows) < 1 / (1 + np.exp(-(shares + x))), "yes", "no")}
    )


def contract(*classes: str, positive: str = "yes", type_: str = "category") -> Contract:
    answer = {"type": type_, "categories": classes} if type_ == "category" else {"type": type_}
    return Contract(
        name="shop",
        positive=positive,
        columns=(
            Column(name="x", type="number"),
            Column.model_validate({"name": "bought", "role": Role.OUTCOME} | answer),
        ),
    )


TWO = contract("no", "yes")


def policy(**threshold: Any) -> TrainingPolicy:
    return TrainingPolicy.model_validate({"threshold": threshold} if threshold else {})


@pytest.fixture
def chosen() -> Decide:
    """Choose a threshold for a logistic regression on the rare class."""
    frame = world()
    rows, truth = model_frame(frame, TWO), outcome(frame, TWO)
    cuts = folds(frame, truth, TWO, method="stratified", number=4, seed=1)

    def run(metrics: Any = None, **threshold: Any) -> Decision | None:
        model = make_pipeline(LogisticRegression())
        return decide(policy(**threshold), TWO, metrics or {}, model, rows, truth, cuts, {})

    return run


def test_without_a_threshold_there_is_no_decision(chosen: Decide) -> None:
    assert chosen() is None


def test_a_threshold_that_the_policy_says_is_taken_as_it_is(chosen: Decide) -> None:
    found = chosen(value=0.3)
    assert found
    assert (found.positive, found.threshold) == ("yes", 0.3)


def test_a_metric_chooses_a_lower_threshold_for_a_rare_class(chosen: Decide) -> None:
    found = chosen(metric="f1")
    assert found
    assert 0.1 < found.threshold < 0.35
    assert "f1 on 3,000 rows held out" in found.reason


@pytest.mark.parametrize(("wrong", "theory"), [(1, 0.5), (9, 0.1), (4, 0.2)])
def test_costs_choose_about_what_true_probabilities_would(chosen: Decide, wrong: int, theory: float) -> None:
    """Elkan 2001: the cost of a false positive over the sum of both."""
    found = chosen(costs={"false_positive": 1, "false_negative": wrong})
    assert found
    assert found.threshold == pytest.approx(theory, abs=0.12)


def test_a_metric_of_the_project_gets_truth_answers_and_scores(chosen: Decide) -> None:
    asked = []

    def mine(truth: Any, answers: Any, scores: Any) -> float:
        asked.append((len(truth), set(answers), scores.min() >= 0))
        return float((answers == truth).mean()) - abs(float((answers == "yes").mean()) - 0.4)

    found = chosen(metrics={"mine": mine}, metric="mine")
    assert found
    assert found.threshold < 0.2
    # At one half all are answered no; every metric is also asked of the rows taken twice, to tell a sum.
    assert {rows for rows, _, _ in asked} == {3000, 6000}
    assert all(labels == {"no", "yes"} and scored for _, labels, scored in asked[:-2])


def test_a_metric_of_the_project_that_raises_is_named(chosen: Decide) -> None:
    with pytest.raises(ProjectError, match="broken raised ZeroDivisionError"):
        chosen(metrics={"broken": lambda *_: 1 / 0}, metric="broken")


def test_the_same_rows_give_the_same_threshold(chosen: Decide) -> None:
    assert chosen(metric="balanced_accuracy") == chosen(metric="balanced_accuracy")


@pytest.mark.parametrize(
    "name", ["roc_auc", "neg_log_loss", "average_precision", "recall", "precision", "f_one"]
)
def test_a_metric_that_cannot_choose_is_refused_with_ones_that_can(name: str) -> None:
    with pytest.raises(PolicyError, match=name) as caught:
        check_threshold(policy(metric=name), TWO, {})
    assert "f1" in caught.value.next_step


@pytest.mark.parametrize(
    "other",
    [
        contract("a", "b", "yes", positive=""),
        contract(type_="number", positive=""),
    ],
    ids=["three classes", "a number"],
)
def test_only_two_classes_have_a_threshold(other: Contract) -> None:
    with pytest.raises(PolicyError, match="two classes"):
        check_threshold(policy(value=0.3), other, {})


def test_a_boolean_outcome_is_positive_where_it_is_true() -> None:
    check_threshold(policy(value=0.3), contract(type_="boolean", positive=""), {})


@pytest.mark.parametrize("method", ["threshold-optimizer", "exponentiated-gradient"])
def test_a_mitigation_and_a_threshold_are_not_put_on_top_of_each_other(method: str) -> None:
    both = TrainingPolicy.model_validate({"threshold": {"value": 0.3}, "mitigation": {"method": method}})
    with pytest.raises(PolicyError, match=method):
        check_threshold(both, TWO, {})


@pytest.mark.parametrize(
    "says", [{}, {"value": 0.3, "metric": "f1"}, {"value": 0.0}, {"value": 1}, {"costs": {}}]
)
def test_a_threshold_says_exactly_one_thing(says: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Threshold.model_validate(says)
