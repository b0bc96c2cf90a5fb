from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import issparse
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from trunkline.core.contract import Contract
from trunkline.training.fair_mixture import FairMixture
from trunkline.training.frames import model_frame


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Fit in one thread, as `train` does: on a busy machine several wait for one another."""
    with threadpool_limits(1):
        yield


@pytest.fixture
def rows(biased: pd.DataFrame, contract: Contract) -> pd.DataFrame:
    """Model frames without the protected attribute."""
    return model_frame(biased, contract)


@pytest.fixture
def paid(biased: pd.DataFrame) -> np.ndarray:
    """Their outcomes."""
    return np.asarray(biased["paid"], dtype=object)


@pytest.fixture
def sex(biased: pd.DataFrame) -> np.ndarray:
    """Their groups."""
    return np.asarray(biased["sex"], dtype=object)


def mixture(**given: Any) -> FairMixture:
    inner = Pipeline(
        [
            (
                "features",
                ColumnTransformer(
                    [("numbers", StandardScaler(), ["income"]), ("words", OneHotEncoder(), ["town"])]
                ),
            ),
            ("model", LogisticRegression()),
        ]
    )
    settings: dict[str, Any] = {"positive": "yes", "rounds": 6} | given
    return FairMixture(inner, **settings)


def ratio(labels: np.ndarray, sex: np.ndarray) -> float:
    found = [float((labels[sex == group] == "yes").mean()) for group in ("f", "m")]
    return min(found) / max(found)


def test_groups_are_selected_more_alike_though_the_answer_never_sees_them(
    rows: pd.DataFrame, paid: np.ndarray, sex: np.ndarray
) -> None:
    assert "sex" not in rows.columns
    plain = mixture().estimator.fit(rows, paid).predict(rows)
    fair = mixture().fit(rows, paid, sensitive_features=sex).predict(rows)
    assert ratio(plain, sex) < 0.6
    assert ratio(fair, sex) > 0.8


def test_the_label_is_the_likelier_outcome_whichever_class_comes_first(
    rows: pd.DataFrame, paid: np.ndarray, sex: np.ndarray
) -> None:
    for positive in ("yes", "no"):
        model = mixture(positive=positive, constraint="true-positive-rate-parity")
        model.fit(rows, paid, sensitive_features=sex)
        probabilities = model.predict_proba(rows)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1)
        np.testing.assert_array_equal(model.predict(rows), model.classes_[probabilities.argmax(axis=1)])
        assert (model.predict(rows) == paid).mean() > 0.7


def test_weights_sum_to_one_and_models_without_weight_are_left_out(
    rows: pd.DataFrame, paid: np.ndarray, sex: np.ndarray
) -> None:
    model = mixture().fit(rows, paid, sensitive_features=sex)
    assert len(model.models) == 1 + len(model.weights_)
    assert model.weights_.sum() == pytest.approx(1)
    assert model.weights_.min() > 0


def test_a_row_gets_the_same_answer_alone_and_again(
    rows: pd.DataFrame, paid: np.ndarray, sex: np.ndarray
) -> None:
    model = mixture(constraint="equalized-odds").fit(rows, paid, sensitive_features=sex)
    whole = model.predict_proba(rows)
    np.testing.assert_array_equal(model.predict_proba(rows), whole)
    np.testing.assert_allclose(model.predict_proba(rows.iloc[[5]])[0], whole[5], rtol=1e-12)


def test_twice_the_same_is_the_same(rows: pd.DataFrame, paid: np.ndarray, sex: np.ndarray) -> None:
    one, two = (mixture().fit(rows, paid, sensitive_features=sex) for _ in range(2))
    np.testing.assert_array_equal(one.predict_proba(rows), two.predict_proba(rows))


def test_a_handful_of_rows_of_one_outcome_counts_with_the_largest_group(
    rows: pd.DataFrame, paid: np.ndarray, sex: np.ndarray
) -> None:
    few = sex.copy()
    few[np.flatnonzero(paid == "yes")[:4]] = "x"
    largest = max(("f", "m"), key=lambda group: int((few == group).sum()))
    merged = np.where(few == "x", largest, few)
    one, two = (mixture().fit(rows, paid, sensitive_features=groups) for groups in (few, merged))
    np.testing.assert_array_equal(one.predict_proba(rows), two.predict_proba(rows))


def test_without_the_groups_it_cannot_learn(rows: pd.DataFrame, paid: np.ndarray) -> None:
    with pytest.raises(ValueError, match="groups of the rows"):
        mixture().fit(rows, paid)


def test_features_may_be_sparse(rows: pd.DataFrame, paid: np.ndarray, sex: np.ndarray) -> None:
    dense, sparse = mixture(), mixture()
    sparse.estimator.set_params(features__sparse_threshold=1.0)
    dense.estimator.set_params(features__sparse_threshold=0.0)
    one, two = (model.fit(rows, paid, sensitive_features=sex) for model in (dense, sparse))
    assert issparse(two.features_.transform(rows))
    np.testing.assert_allclose(one.predict_proba(rows), two.predict_proba(rows), atol=1e-3)
