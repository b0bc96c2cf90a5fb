"""A web shop: lists for its customers beat the popularity list, and faults that are planted are found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trunkline.data import split_rows
from trunkline.monitoring.data import Data
from trunkline.tasks import answer_rows

SETTINGS = {"popularity": 0.5, "half_life": 0.15}


@dataclass(frozen=True)
class Shop:
    """The made-up visits, as answers, and a model of the older ones."""

    use_case: Any
    train: pd.DataFrame
    test: pd.DataFrame
    model: Any


@pytest.fixture(scope="module")
def kept() -> dict[str, Shop]:
    """What was made for an earlier test."""
    return {}


@pytest.fixture
def shop(use_case: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, kept: dict[str, Shop]) -> Shop:
    """The shop of the first day, for which nothing is fetched."""
    monkeypatch.setenv("TRUNKLINE_DATA", "sample")
    if not kept:
        made = use_case("product-recommendation")
        parts = split_rows(made.rows(), made.contract, made.policy.data.split)
        older = pd.concat([parts["train"], parts["validation"]], ignore_index=True)
        train, test = (answer_rows(part, made.contract) for part in (older, parts["test"]))
        kept["shop"] = Shop(made, train, test, made.fit(train, "neighbours", **SETTINGS))
    return kept["shop"]


def test_the_first_days_model_passes_the_gates(shop: Shop) -> None:
    found = shop.use_case.judged(shop.model, shop.train, shop.test)

    assert [verdict.gate for verdict in found.values() if verdict.stops] == []
    assert found["performance/baseline"].outcome == "pass"


def test_a_model_that_mixes_up_its_customers_does_not_beat_the_popularity_list(shop: Shop) -> None:
    taken = shop.train["bought"].sample(frac=1, random_state=1).to_numpy()
    mixed = shop.use_case.fit(shop.train.assign(bought=taken, basket=""), "neighbours", **SETTINGS)
    found = shop.use_case.judged(mixed, shop.train, shop.test)

    assert found["performance/baseline"].stops


def test_a_list_of_what_is_popular_is_worse_than_the_champion_and_covers_too_little(shop: Shop) -> None:
    popular = shop.use_case.fit(shop.train, "popularity")
    found = shop.use_case.judged(popular, shop.train, shop.test, shop.model)

    assert {gate for gate, verdict in found.items() if verdict.stops} >= {
        "performance/champion",
        "performance/floor:catalogue_coverage",
    }


def test_visits_as_they_were_are_quiet_and_a_rush_of_newcomers_is_an_alarm(shop: Shop) -> None:
    watching = shop.use_case.policy.monitoring

    def subjects(live: pd.DataFrame) -> set[str]:
        signal = shop.use_case.watch(Data(watching.data), shop.model, shop.train, live)
        return {finding.subject for finding in signal.findings}

    live = shop.test.tail(400)
    assert "customer" not in subjects(live)
    assert "customer" in subjects(live.assign(customer=live["customer"] + 10**6))


def test_customers_are_named_in_no_profile_and_no_log(shop: Shop) -> None:
    profile = shop.use_case._profile(shop.test).line()
    assert not [number for number in shop.test["customer"].unique() if f'"{number}"' in profile]


@pytest.mark.usefixtures("real_data")
@pytest.mark.parametrize("month", ["2011-05", "2011-08"])
def test_more_customers_find_something_than_on_the_popularity_list_of_the_month_before(
    use_case: Callable[[str], Any], month: str
) -> None:
    made = use_case("product-recommendation")
    data = made.module("data")
    lines = data.read(data.LINES.path()).rename(columns={"customer_id": "customer", "stock_code": "article"})
    lines["month"] = lines["timestamp"].dt.to_period("M")
    now = pd.Period(month)
    before, asked = (
        lines[chosen].groupby(["month", "customer"], sort=True)["article"].agg(set).reset_index()
        for chosen in (lines["month"] < now, lines["month"] == now)
    )
    last = lines[lines["month"] == now - 1]
    popular = set(last["article"].value_counts().index[:10])
    (candidate,) = (one for one in made.module("model").candidates() if one.name == "neighbours")

    def rows(part: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"customer": part["customer"].astype("int64").astype(str), "basket": ""})

    model = candidate.estimator.set_params(**SETTINGS)
    model.fit(rows(before), [dict.fromkeys(taken, True) for taken in before["article"]])
    lists = [{entry["item"] for entry in entries} for entries in model.predict(rows(asked))]
    hit = np.array([bool(shown & taken) for shown, taken in zip(lists, asked["article"], strict=True)])
    bar = np.array([bool(popular & taken) for taken in asked["article"]])

    assert 0.5 < bar.mean() < 0.65
    # One row a customer, so that rows are what is drawn.
    gain = hit.astype(float) - bar
    assert gain.mean() - 3 * gain.std(ddof=1) / np.sqrt(len(gain)) > 0
    assert all(len(shown) == 10 for shown in lists)
