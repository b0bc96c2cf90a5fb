"""Recommenders: what a user has is left out, unknown users get what is popular, and the same rows the same lists."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from trunkline.core.errors import ProjectError
from trunkline.training.exporters import python
from trunkline.training.recommenders import Neighbours, Popularity, Recommender

USERS = ["ann", "bob", "cid", "dee", "eve", "fay"]
BASKETS = ["tea cup", "tea cup", "tea cup pot", "saw nail", "saw nail", "tea"]


def rows(users: list[str] = USERS, **more: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"user": users, **more})


def fitted(model: Recommender, frame: pd.DataFrame | None = None) -> Any:
    return model.fit(rows() if frame is None else frame, [dict.fromkeys(b.split(), True) for b in BASKETS])


def items(model: Any, frame: pd.DataFrame) -> list[list[str]]:
    return [[entry["item"] for entry in entries] for entries in model.predict(frame)]


def test_near_is_what_the_same_people_took() -> None:
    assert items(fitted(Neighbours()), rows(["fay"]))[0][:2] == ["cup", "pot"]


@pytest.mark.parametrize("model", [Neighbours(), Popularity()])
def test_what_a_user_took_is_left_out_unless_people_take_the_same_again(model: Recommender) -> None:
    lists = items(fitted(model), rows())
    assert not [1 for shown, had in zip(lists, BASKETS, strict=True) if {*shown} & {*had.split()}]
    again = items(fitted(clone(model).set_params(repeats=True)), rows(["cid"]))[0]
    assert {"tea", "cup"} <= {*again}


@pytest.mark.parametrize("repeats", [False, True])
def test_what_lies_in_the_basket_is_left_out_and_tells_of_an_unknown_user(repeats: bool) -> None:
    model = fitted(Neighbours(seen="basket", repeats=repeats), rows(basket=[""] * 6))
    shown = items(model, rows(["nobody"], basket=["saw"]))[0]
    assert shown[0] == "nail"
    assert "saw" not in shown


@pytest.mark.parametrize("name", ["nobody", "", None])
def test_whoever_has_no_history_gets_what_is_popular(name: Any) -> None:
    model = fitted(Neighbours(half_life=0, k=2))
    (entries,) = model.predict(rows([name]))
    assert [entry["item"] for entry in entries] == ["tea", "cup"]
    assert entries[0]["score"] == 1.0


def test_popular_is_what_is_popular_in_the_same_context() -> None:
    country = ["uk", "uk", "uk", "fr", "fr", "uk"]
    model = fitted(Popularity(context="country", k=1), rows(country=country))
    asked = rows(["x", "y", "z"], country=["fr", "uk", "nowhere"])
    assert items(model, asked) == [["nail"], ["tea"], ["tea"]]


def test_new_rows_count_more_than_old_ones() -> None:
    assert items(fitted(Popularity(half_life=0.05, k=1)), rows(["x"])) == [["tea"]]
    early = Popularity(half_life=0.05, k=1).fit(rows(), [{"old": True}] * 5 + [{"new": True}])
    assert items(early, rows(["x"])) == [["new"]]


def test_rows_alone_get_the_lists_that_they_get_among_others_also_after_a_journey() -> None:
    model = fitted(Neighbours(repeats=True))
    content = python.dump(model)
    back = python.load(content, python.untrusted_types(content))
    together = back.predict(rows([*USERS, "nobody"]))
    assert together == [model.predict(rows([user]))[0] for user in (*USERS, "nobody")]
    assert python.dump(fitted(Neighbours(repeats=True))) == content


def test_an_array_is_read_by_the_place_of_the_column() -> None:
    model = Neighbours(user=1).fit(
        np.array([["1", user] for user in USERS], dtype=object), [{"tea": True}] * 6
    )
    assert model.predict(np.array([["1", "nobody"]], dtype=object))[0][0]["item"] == "tea"


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(ProjectError, match="customer"):
        fitted(Neighbours(user="customer"))
    with pytest.raises(ProjectError, match="without names"):
        Neighbours().fit(np.array([["a"]]), [{"tea": True}])
    with pytest.raises(ProjectError, match="no row was any item right"):
        Neighbours().fit(rows(["a"]), [{"tea": False}])
