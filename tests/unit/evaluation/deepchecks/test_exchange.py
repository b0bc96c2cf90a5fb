"""What crosses to the other interpreter, and what does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from unittest.mock import ANY

import numpy as np
import pandas as pd
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.evaluation import Scored
from trunkline.evaluation.deepchecks import date_column, drawn, exchange

MIXED = Contract(
    name="mixed",
    columns=(
        Column(name="id", type="integer", role=Role.KEY),
        Column(name="user", type="text", role=Role.USER),
        Column(name="day", type="text", role=Role.TIME),
        Column(name="count", type="integer", nullable=True),
        Column(name="size", type="number", nullable=True),
        Column(name="flag", type="boolean", nullable=True),
        Column(name="kind", type="category", categories=("a", "b"), nullable=True),
        Column(name="note", type="text"),
        Column(name="sex", type="category", role=Role.AUDIT, protected=True, categories=("f", "m")),
        Column(name="bought", type="boolean", role=Role.OUTCOME),
    ),
)


def mixed() -> Scored:
    """Return two rows with every type, the second full of nulls."""
    frame = pd.DataFrame(
        {
            "id": [1, 2],
            "user": ["ada", "bob"],
            "day": ["2026-01-31", "2026-02-01T10:00:00+01:00"],
            "count": pd.array([3, None], dtype="Int64"),
            "size": [0.1, np.nan],
            "flag": pd.array([True, None], dtype="boolean"),
            "kind": ["a", None],
            "note": ['x, "y"\n', ""],
            "sex": ["f", "m"],
            "bought": [True, False],
        }
    )
    labels = np.array(["true", "true"], dtype=object)
    return Scored(frame, labels, np.array([[0.2, 0.8], [0.4, 0.6]]), ("false", "true"))


def test_values_of_every_type_keep_what_they_are_and_null_is_null() -> None:
    columns = exchange(mixed(), mixed(), MIXED, left_out={}, date="day")["train.json"]["columns"]
    assert columns == {
        "count": [3.0, None],
        "size": [0.1, None],
        "flag": ["true", None],
        "kind": ["a", None],
        "note": ['x, "y"\n', ""],
        "bought": ["true", "false"],
        "day": ["2026-01-31T00:00:00+00:00", "2026-02-01T09:00:00+00:00"],
        "id": ANY,
    }


def test_users_and_audited_attributes_do_not_cross() -> None:
    text = json.dumps(exchange(mixed(), mixed(), MIXED, left_out={}))
    for word in ('"user"', "ada", "bob", '"sex"', '"day"'):
        assert word not in text


def test_a_key_crosses_as_a_number_of_no_meaning_that_is_the_same_in_both_parts() -> None:
    def keyed(*keys: int) -> Scored:
        one = mixed()
        frame = pd.concat([one.frame] * len(keys), ignore_index=True)[: len(keys)].assign(id=list(keys))
        assert one.probabilities is not None
        return Scored(
            frame, np.resize(one.labels, len(keys)), np.resize(one.probabilities, (len(keys), 2)), one.classes
        )

    files = exchange(keyed(*range(1000, 1100)), keyed(1007, 5000), MIXED, left_out={})
    train, test = (files[f"{part}.json"]["columns"]["id"] for part in ("train", "test"))
    assert sorted({*train, *test}) == list(range(101))
    assert test[0] == train[7]
    assert test[1] not in train
    assert train != sorted(train)


def test_the_request_says_what_each_column_is() -> None:
    request = exchange(mixed(), mixed(), MIXED, left_out={"data-integrity": {"A": "why"}}, date="day")[
        "request.json"
    ]
    assert request == {
        "task": "binary",
        "label": "bought",
        "classes": ["false", "true"],
        "features": ["count", "size", "flag", "kind", "note"],
        "categorical": ["flag", "kind"],
        "texts": ["note", "bought"],
        "date": "day",
        "index": "id",
        "suites": {"data-integrity": ["A"]},
    }


def test_whole_numbers_stay_whole_where_none_is_null() -> None:
    scored = mixed()
    frame = scored.frame.assign(count=pd.array([3, 2**60 + 1], dtype="Int64"))
    whole = Scored(frame, scored.labels, scored.probabilities, scored.classes)
    files = exchange(whole, whole, MIXED, left_out={})
    assert files["test.json"]["columns"]["count"] == [3, 2**60 + 1]


def test_a_positive_outcome_that_sorts_first_is_numbered_so_that_it_sorts_last(
    contract: Contract, rows: Callable[..., pd.DataFrame], answer: Callable[..., Scored]
) -> None:
    scored = answer(rows(20))
    turned = contract.model_copy(update={"positive": "No"})
    files = exchange(scored, scored, turned, left_out={})
    assert files["request.json"]["classes"] == ["0: Yes", "1: No"]
    assert scored.probabilities is not None
    part = files["train.json"]
    assert part["probabilities"] == scored.probabilities[:, ::-1].tolist()
    assert part["predictions"] == [{"Yes": "0: Yes", "No": "1: No"}[label] for label in scored.labels]


def test_a_class_that_only_one_part_has_gets_a_column_in_both(many: Contract) -> None:
    free = many.model_copy(
        update={
            "columns": (many.columns[0], Column(name="kind", type="category", role=Role.OUTCOME)),
        }
    )

    def fruit(kinds: list[str]) -> Scored:
        frame = pd.DataFrame({"weight": [1.0] * len(kinds), "kind": kinds})
        labels = np.array(["apple"] * len(kinds), dtype=object)
        return Scored(frame, labels, np.tile([0.7, 0.3], (len(kinds), 1)), ("apple", "plum"))

    files = exchange(fruit(["apple", "plum"]), fruit(["pear"]), free, left_out={})
    assert files["request.json"]["classes"] == ["apple", "pear", "plum"]
    assert files["request.json"]["task"] == "multiclass"
    assert files["test.json"]["probabilities"] == [[0.7, 0.0, 0.3]]


def test_a_regression_has_numbers_and_no_classes(regression: Contract) -> None:
    frame = pd.DataFrame({"size": [1.0, 2.0], "sex": ["Male", "Female"], "price": [10, 20]})
    scored = Scored(frame, np.array([11.0, 19.0]), None)
    files = exchange(scored, scored, regression, left_out={})
    assert (files["request.json"]["task"], files["request.json"]["classes"]) == ("regression", [])
    assert files["test.json"] == {
        "columns": {"size": [1.0, 2.0], "price": [10.0, 20.0]},
        "predictions": [11.0, 19.0],
        "probabilities": None,
    }


def test_an_infinite_number_crosses_as_null() -> None:
    scored = mixed()
    frame = scored.frame.assign(size=[np.inf, 1.0])
    files = exchange(
        Scored(frame, scored.labels, scored.probabilities, scored.classes), scored, MIXED, left_out={}
    )
    assert files["train.json"]["columns"]["size"] == [None, 1.0]
    json.dumps(files, allow_nan=False)


def test_fewer_rows_than_the_most_are_left_alone(rows: Callable[..., pd.DataFrame]) -> None:
    frame = rows(30)
    assert drawn(frame, 30) is frame


def test_rows_are_drawn_without_repetition_in_order_and_the_same_each_time(
    rows: Callable[..., pd.DataFrame],
) -> None:
    frame = rows(200).assign(place=range(200))
    once = drawn(frame, 50)
    assert once["place"].is_monotonic_increasing
    assert once["place"].nunique() == len(once) == 50
    assert list(once.index) == list(range(50))
    pd.testing.assert_frame_equal(once, drawn(frame, 50))


def test_the_date_is_the_event_time_of_a_temporal_split() -> None:
    assert date_column(MIXED, [mixed().frame], temporal=True) == "day"
    assert date_column(MIXED, [mixed().frame], temporal=False) == ""


@pytest.mark.parametrize("wrong", ["week 5", "31.01.2026", None])
def test_an_event_time_that_is_no_date_everywhere_is_none(wrong: Any) -> None:
    good = mixed().frame
    assert date_column(MIXED, [good, good.assign(day=["2026-01-31", wrong])], temporal=True) == ""


def test_an_event_time_that_is_a_number_is_no_date() -> None:
    numbers = Contract(
        name="numbers",
        columns=(
            Column(name="year", type="integer", role=Role.TIME),
            Column(name="size", type="number"),
            Column(name="price", type="number", role=Role.OUTCOME),
        ),
    )
    assert date_column(numbers, [pd.DataFrame({"year": [2001, 2002]})], temporal=True) == ""
