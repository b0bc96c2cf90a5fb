from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.base import BaseEstimator, ClassifierMixin, clone, is_classifier, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from xgboost import XGBClassifier, XGBRegressor

from trunkline.core.contract import Contract
from trunkline.core.policy.training import Search, TrainingPolicy
from trunkline.tasks import judging_of
from trunkline.training import Candidate, compare, model_frame, predict_frame, train
from trunkline.training.exporters.onnx import OnnxForm, own
from trunkline.training.exporters.python import dump, requirements, untrusted_types
from trunkline.training.libraries import library_of, taken_in

FEW: dict[str, Any] = {"n_estimators": 12}
CLASSIFIERS: dict[str, Any] = {
    "lightgbm": LGBMClassifier(**FEW),
    "xgboost": XGBClassifier(**FEW),
    "inside another": CalibratedClassifierCV(XGBClassifier(**FEW), cv=2),
}


class Listed(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Copies what it is given and lists only that, as CatBoost does."""

    __module__ = "catboost.core"

    def __init__(self, **params: Any) -> None:
        self._params = {
            name: [*value] if isinstance(value, list) else value for name, value in params.items()
        }

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return dict(self._params)

    def set_params(self, **params: Any) -> Listed:
        self._params.update(params)
        return self


@pytest.fixture
def drawn() -> tuple[Any, Any]:
    """Rows of three columns, one with nulls, and two classes in words."""
    random = np.random.default_rng(2)
    rows = random.normal(size=(300, 3))
    rows[random.random(300) < 0.1, 0] = np.nan
    return rows, np.where(rows[:, 1] + random.normal(0, 0.3, 300) > 0, "yes", "no").astype(object)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_classes_in_words_are_learned_and_answered(name: str, drawn: tuple[Any, Any]) -> None:
    model = taken_in(CLASSIFIERS[name], seed=1)
    fitted = clone(model).fit(*drawn)
    assert is_classifier(model)
    assert list(fitted.classes_) == ["no", "yes"]
    assert (fitted.predict(drawn[0]) == drawn[1]).mean() > 0.8
    assert fitted.predict_proba(drawn[0]).shape == (300, 2)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_the_same_rows_give_the_same_bytes(name: str, drawn: tuple[Any, Any]) -> None:
    one, two = (dump(clone(taken_in(CLASSIFIERS[name], seed=1)).fit(*drawn)) for _ in range(2))
    assert one == two
    assert any(pin.startswith(("lightgbm==", "xgboost")) for pin in requirements(untrusted_types(one), "x"))


@pytest.mark.parametrize("kind", [LGBMClassifier, XGBClassifier])
def test_it_stops_early_on_rows_of_its_own(kind: Any, drawn: tuple[Any, Any]) -> None:
    model = taken_in(kind(n_estimators=500, early_stopping_rounds=3), seed=1).fit(*drawn)
    last = getattr(model.estimator_, "best_iteration_", None) or model.estimator_.best_iteration
    assert 0 < last < 400


def test_threads_are_one_unless_the_user_says_more(drawn: tuple[Any, Any]) -> None:
    assert taken_in(LGBMClassifier(**FEW), seed=1).fit(*drawn).estimator_.n_jobs == 1
    assert taken_in(LGBMClassifier(**FEW, n_jobs=2), seed=1).get_params()["n_jobs"] == 2


def test_categories_by_place_reach_lightgbm(drawn: tuple[Any, Any]) -> None:
    rows = np.column_stack([np.arange(300) % 5, drawn[0]])
    model = taken_in(LGBMClassifier(**FEW, categorical_feature=[0]), seed=1).fit(rows, drawn[1])
    known = model.estimator_.booster_.dump_model()["feature_infos"]["Column_0"]["values"]
    assert {*known} >= {0, 1, 2, 3, 4}


def test_parameters_are_the_estimator_s_own() -> None:
    pipeline = Pipeline([("model", taken_in(LGBMClassifier(), seed=1))])
    pipeline.set_params(model__num_leaves=7)
    assert clone(pipeline)["model"].get_params()["num_leaves"] == 7
    listed = taken_in(Listed(cat_features=[0]), seed=1)
    assert clone(listed).set_params(depth=3).get_params() == {"cat_features": [0], "depth": 3}


@pytest.mark.parametrize("estimator", [LGBMRegressor(**FEW), XGBRegressor(**FEW)])
def test_numbers_are_learned_as_well(estimator: Any, drawn: tuple[Any, Any]) -> None:
    model = taken_in(estimator, seed=1)
    assert is_regressor(model)
    found = clone(model).fit(drawn[0], drawn[0][:, 1]).predict(drawn[0])
    assert np.corrcoef(found, drawn[0][:, 1])[0, 1] > 0.9


def test_scikit_learn_s_own_are_left_alone() -> None:
    estimator = LogisticRegression()
    assert taken_in(estimator, seed=1) is estimator
    assert library_of(CalibratedClassifierCV(estimator)) == ""


@pytest.mark.parametrize("name", ["lightgbm", "xgboost"])
def test_it_becomes_onnx_by_what_it_holds(name: str, contract: Contract, rows: pd.DataFrame) -> None:
    features = ColumnTransformer([("n", "passthrough", ["income", "owner"])])
    pipeline = Pipeline([("features", features), ("model", taken_in(CLASSIFIERS[name], seed=1))])
    X = model_frame(rows, contract)
    pipeline.fit(X, rows["paid"].astype(object))
    form = OnnxForm(own(pipeline, contract), contract, ("no", "yes"))
    expected = judging_of(contract).ask(pipeline, X)
    assert compare(expected, form.ask(X), contract).labels == 0


def test_a_search_tries_settings_of_another_library(contract: Contract, rows: pd.DataFrame) -> None:
    fitted = train(
        rows,
        contract,
        features=lambda: ColumnTransformer([("n", "passthrough", ["income", "owner"])]),
        candidates=[Candidate("boosted", XGBClassifier(**FEW), {"max_depth": [1, 2]})],
        policy=TrainingPolicy(search=Search(folds=2, jobs=1)),
    )
    assert fitted.classes == ("no", "yes")
    labels, _ = predict_frame(fitted.pipeline, rows, contract)
    assert (labels == rows["paid"]).mean() > 0.7
