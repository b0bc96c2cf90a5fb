from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler, TargetEncoder

from trunkline.training.fast_features import Rows, speed_up
from trunkline.training.frames import as_frame


class Lengths(BaseEstimator, TransformerMixin):  # type: ignore[misc]
    """A project's own transformer, which wants a frame."""

    def fit(self, rows: pd.DataFrame, y: Any = None) -> Lengths:
        self.names_ = list(rows.columns)
        return self

    def transform(self, rows: pd.DataFrame) -> np.ndarray:
        assert list(rows.columns) == self.names_
        return np.array([[len(word) for word in row] for row in rows.to_numpy()], dtype=float)


def arrays(rows: int = 40) -> dict[str, np.ndarray]:
    draw = np.random.default_rng(5)

    def words(*some: str) -> np.ndarray:
        found = np.empty(rows, dtype=object)
        found[:] = draw.choice(some, rows).tolist()
        return found

    return {
        "age": draw.normal(40, 9, rows).astype(np.float32),
        "pay": np.where(draw.random(rows) < 0.2, np.nan, draw.random(rows)).astype(np.float32),
        "town": words("Ulm", "Bonn", ""),
        "work": words("yes", "no"),
        "said": words("good and cheap", "bad", "not good", ""),
    }


SEVERAL = {
    "scaled and one-hot": [
        ("n", StandardScaler(), ["pay", "age"]),
        ("w", OneHotEncoder(handle_unknown="ignore", sparse_output=False), ["town", "work"]),
    ],
    "sparse": [("w", OneHotEncoder(), ["town"]), ("t", TfidfVectorizer(), "said")],
    "texts alone": [("t", TfidfVectorizer(ngram_range=(1, 2)), "said")],
    "pipelines within": [
        ("n", make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), ["age", "pay"]),
        (
            "w",
            make_pipeline(SimpleImputer(missing_values="", strategy="most_frequent"), OrdinalEncoder()),
            ["town"],
        ),
    ],
    "as they are": [("n", "passthrough", ["age"]), ("gone", "drop", ["pay"]), ("none", StandardScaler(), [])],
    "the rest as it is": [
        ("w", OneHotEncoder(sparse_output=False), ["town", "work"]),
        ("l", Lengths(), ["said"]),
    ],
    "target means": [("w", TargetEncoder(), ["town", "work"])],
    "a transformer of the project's": [("l", Lengths(), ["said", "town"]), ("n", StandardScaler(), ["age"])],
    "by a mask": [("n", StandardScaler(), [True, False, False, False, False])],
}


def fitted(blocks: Any, given: dict[str, np.ndarray], **how: Any) -> Pipeline:
    frame = as_frame(given)
    truth = np.where(given["age"] > 40, "yes", "no")
    return Pipeline([("features", ColumnTransformer(blocks, **how)), ("model", DummyClassifier())]).fit(
        frame, truth
    )


def dense(values: Any) -> np.ndarray:
    return values.toarray() if sparse.issparse(values) else np.asarray(values)


@pytest.mark.parametrize("name", SEVERAL)
@pytest.mark.filterwarnings("error")
def test_each_row_becomes_what_it_becomes_by_the_pipeline_alone_and_among_others(name: str) -> None:
    given = arrays()
    model = fitted(SEVERAL[name], given, remainder="passthrough" if name == "the rest as it is" else "drop")
    wanted = model[0].transform(as_frame(given))
    make = speed_up(model)
    found = model.steps[0][1].transform(make(given))
    assert sparse.issparse(found) == sparse.issparse(wanted)
    assert found.dtype == wanted.dtype
    np.testing.assert_array_equal(dense(found), dense(wanted))
    for place in (0, 17):
        alone = {column: values[place : place + 1] for column, values in given.items()}
        np.testing.assert_array_equal(dense(model.steps[0][1].transform(make(alone))), dense(wanted)[[place]])


def test_only_what_is_known_is_sped_up() -> None:
    given = arrays()
    known = SEVERAL["scaled and one-hot"]
    assert speed_up(fitted(known, given)) is Rows
    assert speed_up(fitted(SEVERAL["by a mask"], given)) is as_frame
    assert speed_up(fitted(known, given, transformer_weights={"n": 2.0})) is as_frame
    framed = fitted(known, given)
    framed[0].set_output(transform="pandas")
    assert speed_up(framed) is as_frame
    assert speed_up(DummyClassifier()) is as_frame
