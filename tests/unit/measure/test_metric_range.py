from __future__ import annotations

import warnings
from math import inf

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LinearRegression
from sklearn.metrics import get_scorer
from sklearn.tree import DecisionTreeClassifier

from trunkline.measure.metric_range import floor_problem, range_of
from trunkline.measure.scorers import scorer_names

ROWS = np.arange(40.0).reshape(-1, 1)
OUTCOMES = {"classes": np.arange(40) % 2, "numbers": 3 * np.arange(40.0) + 1}


@pytest.mark.parametrize("name", scorer_names())
@pytest.mark.parametrize("kind", OUTCOMES)
def test_no_model_is_better_or_worse_than_the_range_says(name: str, kind: str) -> None:
    outcome = OUTCOMES[kind]
    models = {
        "classes": (DecisionTreeClassifier(), DummyClassifier(strategy="constant", constant=0)),
        "numbers": (LinearRegression(), DummyRegressor(strategy="constant", constant=-900.0)),
    }[kind]
    least, greatest = range_of(name)
    for model in models:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                value = float(get_scorer(name)(model.fit(ROWS, outcome), ROWS, outcome))
            except (ValueError, AttributeError):
                continue  # a metric of the other task
        assert np.isnan(value) or least - 1e-9 <= value <= greatest + 1e-9


@pytest.mark.parametrize(
    ("name", "floor", "words"),
    [
        ("roc_auc", 66, "0.66 may be meant"),
        ("accuracy", 1.01, "the best accuracy is 1"),
        ("neg_root_mean_squared_error", 5, "-5 may be meant"),
        ("f1", -0.5, "every model reaches it"),
        ("roc_auc", inf, "no model reaches it"),
        ("roc_auc", float("nan"), "no number"),
    ],
)
def test_a_floor_outside_of_the_range_is_told(name: str, floor: float, words: str) -> None:
    assert words in floor_problem(name, floor)


@pytest.mark.parametrize(
    ("name", "floor"),
    [("roc_auc", 1.0), ("roc_auc", 0.0), ("r2", -3), ("neg_log_loss", 0.0), ("matthews_corrcoef", -0.2)],
)
def test_a_floor_within_the_range_is_none_of_its_business(name: str, floor: float) -> None:
    assert floor_problem(name, floor) == ""
