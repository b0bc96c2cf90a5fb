"""Rows that decide when to stop come from where the test part comes from: the newest, whole groups, or drawn ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier
from sklearn.ensemble import GradientBoostingClassifier, HistGradientBoostingClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer
from xgboost import XGBClassifier

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import DataError
from trunkline.core.policy.training import Mitigation, TrainingPolicy
from trunkline.training import Candidate, Fitted, train
from trunkline.training.stopping import held_out

CONTRACT = Contract(
    name="odd",
    columns=(
        Column(name="x", type="number"),
        Column(name="who", type="text", role=Role.USER, nullable=True),
        Column(name="counts", type="number", role=Role.WEIGHT, minimum=0),
        Column(name="y", type="category", role=Role.OUTCOME, categories=("no", "yes")),
    ),
    positive="yes",
)
SEX = Column(name="sex", type="category", categories=("f", "m"), protected=True, role=Role.AUDIT)
HIST = HistGradientBoostingClassifier(early_stopping=True, max_iter=60, n_iter_no_change=3)
STOPPED: dict[str, Any] = {
    "scikit-learn": HIST,
    "lightgbm": LGBMClassifier(n_estimators=60, early_stopping_rounds=3, min_child_samples=5),
    "xgboost": XGBClassifier(n_estimators=60, early_stopping_rounds=3),
}


def rows(count: int = 400, **columns: Any) -> pd.DataFrame:
    """Return rows of which the newest tenth says the opposite of all others."""
    x = np.random.default_rng(3).normal(size=count)
    yes = (x > 0) ^ (np.arange(count) >= count * 0.9)
    frame = pd.DataFrame({"x": x, "who": "one", "counts": 1.0, "y": np.where(yes, "yes", "no")})
    return frame.assign(**columns)


def fit(
    frame: pd.DataFrame, split: str, estimator: Any, said: list[str] | None = None, **policy: Any
) -> Fitted:
    search = {"iterations": 2, "folds": 3, "jobs": 1, "metric": "accuracy"} | policy.pop("search", {})
    return train(
        frame,
        CONTRACT,
        features=FunctionTransformer,
        candidates=[Candidate("one", estimator, policy.pop("space", {}))],
        policy=TrainingPolicy.model_validate({"search": search, **policy}),
        split=split,
        progress=(said if said is not None else []).append,
    )


def trees(fitted: Fitted) -> int:
    """Return after how many trees it stopped."""
    model = fitted.pipeline["model"]
    model = getattr(model, "estimator_", model)
    best = getattr(model, "best_iteration_", None) or getattr(model, "n_iter_", None)
    return int(best if best is not None else model.best_iteration + 1)


def test_the_newest_are_held_out_in_whatever_order_the_rows_come() -> None:
    y, order = np.tile(["a", "b"], 50), np.random.default_rng(1).permutation(100)
    learned, held = held_out(y, way="newest", seed=1, stratified=True)
    assert (held == np.arange(90, 100)).all()
    _, mixed = held_out(y[order], way="newest", seed=1, stratified=True, units=order)
    assert sorted(order[mixed]) == list(range(90, 100))
    assert sorted([*learned, *held]) == list(range(100))


def test_groups_are_held_out_whole_and_groups_of_one_like_rows() -> None:
    y, units = np.tile(["a", "b"], 50), np.repeat(np.arange(20), 5)
    learned, held = held_out(y, way="groups", seed=1, stratified=True, units=units)
    assert len(held) == 10
    assert not {*units[learned]} & {*units[held]}
    assert len(held_out(y, way="groups", seed=1, stratified=True, units=np.arange(100))[1]) == 10


def test_one_group_cannot_be_cut() -> None:
    with pytest.raises(ValueError, match="nothing can be held out"):
        held_out(np.tile(["a", "b"], 9), way="groups", seed=1, stratified=True, units=np.zeros(18))


def test_a_row_that_counts_nothing_decides_nothing_and_every_class_is_learned() -> None:
    weights, y = np.repeat([1.0, 0.0], 50), np.repeat(["a", "b"], [95, 5])
    _, held = held_out(y, way="newest", seed=1, stratified=False, weights=weights)
    assert (held == np.arange(45, 50)).all()
    learned, held = held_out(y, way="newest", seed=1, stratified=True)
    assert {*y[learned]} == {"a", "b"}
    assert {*y[held]} == {"a"}


@pytest.mark.parametrize("name", STOPPED)
def test_under_a_temporal_split_the_newest_rows_stop_it(name: str) -> None:
    newest, drawn = (trees(fit(rows(), split, STOPPED[name])) for split in ("temporal", "stratified"))
    assert newest <= 3 < drawn


def test_halving_and_weights_keep_to_the_newest_too() -> None:
    found = fit(
        rows(counts=np.tile([0.0, 2.0], 200)),
        "temporal",
        HIST,
        search={"method": "halving", "iterations": 4},
        space={"learning_rate": [0.05, 0.1, 0.2, 0.3]},
    )
    assert trees(found) <= 3


def test_what_answers_in_production_is_the_estimator_itself() -> None:
    found = fit(rows(), "temporal", HIST)
    assert isinstance(found.pipeline, Pipeline)
    assert type(found.pipeline["model"]) is HistGradientBoostingClassifier
    assert found.classes == ("no", "yes")


def test_users_of_one_row_and_rows_of_no_user_are_groups() -> None:
    names = [None if place % 7 == 0 else f"user {place}" for place in range(400)]
    assert trees(fit(rows(who=names), "grouped", HIST)) > 3


def test_an_estimator_that_draws_for_itself_is_named() -> None:
    said: list[str] = []
    fit(rows(), "temporal", GradientBoostingClassifier(n_iter_no_change=2, n_estimators=5), said)
    assert any("GradientBoostingClassifier" in line and "temporal" in line for line in said)
    said.clear()
    fit(rows(), "stratified", GradientBoostingClassifier(n_iter_no_change=2, n_estimators=5), said)
    assert not any("GradientBoostingClassifier" in line for line in said)


def test_a_fold_whose_rows_all_count_nothing_is_refused() -> None:
    with pytest.raises(DataError, match="fold 1 of 3"):
        fit(rows(counts=np.repeat([0.0, 1.0], 200)), "temporal", HIST)


def test_under_a_mitigation_the_drawn_rows_are_said() -> None:
    said: list[str] = []
    columns = (*CONTRACT.columns[:2], CONTRACT.columns[3])
    contract = CONTRACT.model_copy(
        update={
            "columns": (
                *columns,
                Column(name="sex", type="category", categories=("f", "m"), protected=True, role=Role.AUDIT),
            )
        }
    )
    train(
        rows().assign(sex=["f", "m"] * 200),
        contract,
        features=FunctionTransformer,
        candidates=[Candidate("one", STOPPED["lightgbm"])],
        policy=TrainingPolicy.model_validate(
            {
                "search": {"iterations": 1, "folds": 2, "jobs": 1},
                "mitigation": Mitigation(method="exponentiated-gradient"),
            }
        ),
        split="temporal",
        progress=said.append,
    )
    assert any("LGBMClassifier" in line and "temporal" in line for line in said)
