from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import DataError
from trunkline.training.frames import model_frame, outcome, predict_frame, tensors


def test_the_frame_holds_the_features_in_the_contract_s_order(contract: Contract, rows: pd.DataFrame) -> None:
    framed = model_frame(rows[rows.columns[::-1]], contract)
    assert list(framed.columns) == ["income", "town", "owner"]


def test_numbers_become_float32_and_words_objects(contract: Contract, rows: pd.DataFrame) -> None:
    framed = model_frame(rows, contract)
    assert [str(kind) for kind in framed.dtypes] == ["float32", "object", "float32"]
    assert set(framed["owner"]) == {0.0, 1.0}
    assert type(framed["town"].iloc[0]) is str


def test_null_is_nan_in_numbers_and_empty_in_words(contract: Contract) -> None:
    given = pd.DataFrame({"income": [1, None], "town": [None, "north"], "owner": [True, None]}, dtype=object)
    framed = model_frame(given, contract)
    assert np.isnan(framed["income"].iloc[1])
    assert np.isnan(framed["owner"].iloc[1])
    assert framed["town"].tolist() == ["", "north"]


@pytest.mark.parametrize("kind", ["Int64", "Float64", "object", "float64"])
def test_every_kind_of_number_column_reads_the_same(contract: Contract, kind: Any) -> None:
    income = pd.Series([3, None, 5], dtype="Float64").astype(kind)
    given = pd.DataFrame({"income": income, "town": "north", "owner": True})
    assert model_frame(given, contract)["income"].tolist()[::2] == [3.0, 5.0]


def test_the_index_starts_anew(contract: Contract, rows: pd.DataFrame) -> None:
    assert model_frame(rows.iloc[50:60], contract).index.tolist() == list(range(10))


def test_a_missing_feature_is_named(contract: Contract, rows: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="lack town"):
        model_frame(rows.drop(columns="town"), contract)


def test_a_word_in_a_number_column_is_named(contract: Contract, rows: pd.DataFrame) -> None:
    with pytest.raises(DataError, match=r"income.*'lots'"):
        model_frame(rows.assign(income="lots"), contract)


def test_a_boolean_outcome_is_spelled_as_json_does() -> None:
    contract = Contract(
        name="x",
        positive="true",
        columns=(
            Column(name="a", type="number"),
            Column(name="good", type="boolean", role=Role.OUTCOME, categories=("false", "true")),
        ),
    )
    labels = outcome(pd.DataFrame({"a": [1.0, 2.0], "good": [True, False]}), contract)
    assert labels.tolist() == ["true", "false"]


CODED = Contract(
    name="x",
    positive="1",
    columns=(
        Column(name="season", type="category", categories=("1", "2"), coded=True, nullable=True),
        Column(name="seen", type="time", nullable=True),
        Column(name="won", type="category", categories=("0", "1"), coded=True, role=Role.OUTCOME),
    ),
)


def test_codes_are_numbers_and_times_are_utc_without_a_zone() -> None:
    rows = pd.DataFrame(
        {"season": [1, None], "seen": ["2024-05-31T22:30:00+02:00", None], "won": [1, 0]}, dtype=object
    )
    framed = model_frame(rows, CODED)
    assert framed["season"].dtype == np.float32
    assert framed["season"].iloc[0] == 1
    assert np.isnan(framed["season"].iloc[1])
    assert framed["seen"].dtype == "datetime64[us]"
    assert framed["seen"].iloc[0] == pd.Timestamp("2024-05-31T20:30:00")
    assert framed["seen"].isna().tolist() == [False, True]


def test_codes_of_an_outcome_are_whole_numbers() -> None:
    labels = outcome(pd.DataFrame({"won": [1, 0]}), CODED)
    assert labels.dtype == np.int64
    assert labels.tolist() == [1, 0]


def test_what_is_no_time_is_named() -> None:
    with pytest.raises(DataError, match=r"seen holds a value that is not of its type"):
        model_frame(pd.DataFrame({"season": [1], "seen": ["yesterday"]}), CODED)


def test_a_regression_outcome_is_a_float(price: Contract, sales: pd.DataFrame) -> None:
    assert outcome(sales, price).dtype == np.float64


def test_rows_without_an_outcome_are_counted(contract: Contract, rows: pd.DataFrame) -> None:
    rows = rows.astype({"paid": object})
    rows.loc[:2, "paid"] = None
    with pytest.raises(DataError, match="3 rows have no outcome in paid"):
        outcome(rows, contract)


def test_tensors_are_columns_of_one(contract: Contract, rows: pd.DataFrame) -> None:
    given = tensors(model_frame(rows, contract), contract)
    assert {name: array.shape for name, array in given.items()} == dict.fromkeys(
        ["income", "town", "owner"], (len(rows), 1)
    )


class Model:
    classes_ = np.array(["no", "yes"])

    def predict(self, given: pd.DataFrame) -> np.ndarray:
        return np.array(["yes"] * len(given))

    def predict_proba(self, given: pd.DataFrame) -> np.ndarray:
        return np.tile([0.25, 0.75], (len(given), 1))


def test_answers_are_words_with_probabilities(contract: Contract, rows: pd.DataFrame) -> None:
    labels, probabilities = predict_frame(Model(), rows.iloc[:3], contract)
    assert labels.dtype == object
    assert labels.tolist() == ["yes"] * 3
    assert probabilities is not None
    assert probabilities.shape == (3, 2)


def test_no_rows_have_no_answers(contract: Contract, rows: pd.DataFrame) -> None:
    labels, probabilities = predict_frame(Model(), rows.iloc[:0], contract)
    assert labels.shape == (0,)
    assert probabilities is not None
    assert probabilities.shape == (0, 2)
