"""Steps beyond the kinds of the table: each answers as the library does, with nulls and three classes too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import ensemble, linear_model, naive_bayes, neighbors, neural_network, preprocessing, tree
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

from trunkline.core.contract import Column, Contract, Role
from trunkline.tasks import judging_of
from trunkline.training.exporters.onnx import OnnxForm, own
from trunkline.training.frames import model_frame
from trunkline.training.parity import compare

COUNT = 150
NAMES = ("a", "b", "c", "d")


def rows_of(*, nulls: bool) -> pd.DataFrame:
    """Four columns: amounts, small whole numbers (one of them codes from 0 on), and nulls in the last two."""
    random = np.random.default_rng(5)
    rows = pd.DataFrame({"a": random.normal(size=COUNT), "b": random.normal(size=COUNT).round(1)})
    rows["c"], rows["d"] = random.integers(0, 6, COUNT).astype(float), random.normal(size=COUNT)
    if nulls:
        rows.loc[::7, "c"] = np.nan
        rows.loc[::5, "d"] = np.nan
    return rows


def contract_of(classes: int) -> Contract:
    """A contract of so many classes; of 0, the outcome is a number."""
    names = ("no", "perhaps", "yes")[3 - classes :] if classes == 3 else ("no", "yes")
    outcome = (
        Column(name="y", type="category", categories=names, role=Role.OUTCOME)
        if classes
        else Column(name="y", type="number", role=Role.OUTCOME)
    )
    columns = (*(Column(name=name, type="number", nullable=True) for name in NAMES), outcome)
    return Contract(name="steps", positive="yes" if classes == 2 else "", columns=columns)


def differ(model: Any, *, classes: int, nulls: bool = False) -> float:
    """Return the largest difference, having seen that no label differs."""
    contract, rows = contract_of(classes), rows_of(nulls=nulls)
    known = rows.fillna(0.0)
    score = known["a"] + (known["c"] % 3) + 0.5 * known["d"]
    names = list(contract.outcome.categories)
    y: Any = np.exp(score / 3) if not classes else pd.qcut(score, classes, labels=names).astype(str)
    framed, judging = model_frame(rows, contract), judging_of(contract)
    pipeline = make_pipeline(SimpleImputer() if not nulls else "passthrough", model).fit(
        framed, np.asarray(y)
    )
    expected = judging.ask(pipeline, framed)
    found = OnnxForm(own(pipeline, contract), contract, expected.classes).ask(framed)
    parity = compare(expected, found, contract)
    assert parity.labels == 0
    return parity.difference


LINEAR = linear_model.LogisticRegression()
CLASSIFIERS: list[Any] = [
    LINEAR,
    linear_model.SGDClassifier(loss="log_loss", random_state=0),
    tree.DecisionTreeClassifier(max_depth=4),
    ensemble.RandomForestClassifier(7, max_depth=4, random_state=0),
    ensemble.GradientBoostingClassifier(n_estimators=4),
    ensemble.HistGradientBoostingClassifier(max_iter=4),
    ensemble.BaggingClassifier(LINEAR, 3, max_features=2, random_state=0),
    neural_network.MLPClassifier((5,), activation="tanh", max_iter=20, random_state=0),
    neural_network.MLPClassifier((5, 4), activation="logistic", max_iter=20, random_state=0),
    naive_bayes.GaussianNB(),
    naive_bayes.BernoulliNB(),
    neighbors.KNeighborsClassifier(5),
    neighbors.KNeighborsClassifier(5, weights="distance"),
    CalibratedClassifierCV(linear_model.RidgeClassifier(), cv=2),
    CalibratedClassifierCV(tree.DecisionTreeClassifier(max_depth=4), method="isotonic", cv=2),
    OneVsRestClassifier(LINEAR),
    ensemble.StackingClassifier([("a", LINEAR), ("b", naive_bayes.GaussianNB())], cv=2, passthrough=True),
    make_pipeline(preprocessing.RobustScaler(), PCA(2, whiten=True), LINEAR),
    make_pipeline(preprocessing.MinMaxScaler(clip=True), naive_bayes.MultinomialNB()),
    make_pipeline(preprocessing.MinMaxScaler(), naive_bayes.ComplementNB()),
    make_pipeline(preprocessing.PolynomialFeatures(2), preprocessing.MaxAbsScaler(), LINEAR),
    make_pipeline(preprocessing.KBinsDiscretizer(4, encode="onehot-dense"), LINEAR),
    make_pipeline(preprocessing.Normalizer(), SelectKBest(k=2), LINEAR),
    make_pipeline(preprocessing.FunctionTransformer(np.exp), LINEAR),
]


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("model", CLASSIFIERS, ids=lambda model: str(model).replace("\n", "")[:60])
def test_a_classifier_answers_as_scikit_learn_does(model: Any, classes: int) -> None:
    assert differ(model, classes=classes) < 1e-6


REGRESSORS: list[Any] = [
    linear_model.Ridge(),
    linear_model.GammaRegressor(),
    tree.DecisionTreeRegressor(max_depth=4),
    ensemble.ExtraTreesRegressor(5, max_depth=4, random_state=0),
    ensemble.GradientBoostingRegressor(n_estimators=4),
    ensemble.HistGradientBoostingRegressor(loss="gamma", max_iter=4),
    ensemble.VotingRegressor([("a", linear_model.Ridge()), ("b", tree.DecisionTreeRegressor(max_depth=3))]),
    ensemble.StackingRegressor([("a", linear_model.Ridge())], cv=2),
    neighbors.KNeighborsRegressor(4),
    TransformedTargetRegressor(linear_model.Ridge(), func=np.log, inverse_func=np.exp),
    TransformedTargetRegressor(linear_model.Ridge(), transformer=preprocessing.StandardScaler()),
]


@pytest.mark.parametrize("model", REGRESSORS, ids=lambda model: str(model).replace("\n", "")[:60])
def test_a_regressor_answers_as_scikit_learn_does(model: Any) -> None:
    assert differ(model, classes=0) < 1e-6


def test_what_scikit_learn_computes_in_float32_differs_in_its_last_digits() -> None:
    model = neural_network.MLPRegressor(hidden_layer_sizes=(5,), max_iter=20, random_state=0)
    assert differ(model, classes=0) < 1e-4


def test_nulls_take_the_side_that_the_trees_give_them() -> None:
    assert differ(ensemble.HistGradientBoostingClassifier(max_iter=4), classes=2, nulls=True) < 1e-12
    assert differ(ensemble.RandomForestClassifier(5, random_state=0), classes=3, nulls=True) < 1e-12
    codes = ensemble.HistGradientBoostingClassifier(max_iter=4, categorical_features=[2])
    assert differ(codes, classes=2, nulls=True) < 1e-12


def _lightgbm(kind: str, **settings: Any) -> Any:
    library = pytest.importorskip("lightgbm")
    return getattr(library, f"LGBM{kind}")(
        n_estimators=4, min_child_samples=5, n_jobs=1, verbose=-1, **settings
    )


def _xgboost(kind: str, **settings: Any) -> Any:
    library = pytest.importorskip("xgboost")
    return getattr(library, f"XGB{kind}")(n_estimators=4, n_jobs=1, **settings)


def _catboost(kind: str, **settings: Any) -> Any:
    library = pytest.importorskip("catboost")
    quiet = {"thread_count": 1, "verbose": 0, "allow_writing_files": False}
    return getattr(library, f"CatBoost{kind}")(iterations=4, **quiet, **settings)


@pytest.mark.parametrize(
    ("make", "classes", "settings"),
    [
        (_lightgbm, 3, {}),
        (_lightgbm, 3, {"objective": "multiclassova"}),
        (_lightgbm, 2, {"categorical_feature": [2]}),
        (_lightgbm, 2, {"zero_as_missing": True}),
        (_lightgbm, 0, {"objective": "poisson"}),
        (_lightgbm, 0, {"boosting_type": "rf", "bagging_freq": 1, "bagging_fraction": 0.7}),
        (_xgboost, 0, {}),
        (_xgboost, 0, {"objective": "reg:gamma"}),
        (_xgboost, 0, {"enable_categorical": True, "feature_types": ["q", "q", "c", "q"]}),
        (
            _xgboost,
            0,
            {"enable_categorical": True, "feature_types": ["q", "q", "c", "q"], "max_cat_to_onehot": 1},
        ),
        (_catboost, 3, {}),
        (_catboost, 0, {}),
        (_catboost, 0, {"loss_function": "Poisson"}),
    ],
)
@pytest.mark.parametrize("nulls", [True, False])
def test_another_library_answers_as_it_does_alone(
    make: Callable[..., Any], classes: int, settings: dict[str, Any], nulls: bool
) -> None:
    model = make("Classifier" if classes else "Regressor", **settings)
    assert differ(model, classes=classes, nulls=nulls) < 1e-5
