"""The gates on a regression with real drift: rented bikes an hour, a model of 2011 judged on 2011 and on 2012.

The rows are UCI's Bike Sharing data set (275); they are not part of the repository.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.policy.policy import Policy
from trunkline.core.verdicts import Verdict
from trunkline.evaluation import Case, Scored, judge

DATA = Path(os.environ.get("TRUNKLINE_DATA", Path(__file__).parents[3].parent / "shared" / "data"))
FILE = DATA / "bike_sharing" / "hour.csv.gz"
INPUTS = ["season", "hr", "weekday", "workingday", "weathersit", "temp", "hum", "windspeed"]
CONTRACT = Contract(
    name="bikes",
    columns=(
        *(Column(name=name, type="integer") for name in INPUTS[:5]),
        *(Column(name=name, type="number") for name in INPUTS[5:]),
        Column(name="cnt", type="integer", unit="bikes", role=Role.OUTCOME),
    ),
)
POLICY = Policy.model_validate(
    {
        "name": "bikes",
        "package": "bikes",
        "training": {"search": {"metric": "r2"}},
        "gates": {
            "performance": {
                "metric": "neg_mean_absolute_error",
                "floors": {"r2": 0.85, "neg_mean_absolute_error": -30.0},
                "slices": [{"name": "rush-hour", "where": {"hr": [8, 17, 18]}, "floors": {"r2": 0.7}}],
                "resamples": 200,
            },
            "robustness": {"row_order": False, "unseen": False, "missing": None, "noise": None},
        },
    }
)
Ask = Callable[[pd.DataFrame], Scored]


@pytest.fixture(scope="module")
def years() -> dict[int, pd.DataFrame]:
    """Return the hours of each year, in another order than they came."""
    if not FILE.is_file():
        pytest.skip(f"the data set {FILE.name} is not here; TRUNKLINE_DATA names its folder")
    rows = pd.read_csv(FILE)
    mixed = rows.sample(frac=1, random_state=7)
    return {2011 + year: mixed[mixed["yr"] == year].reset_index(drop=True) for year in (0, 1)}


def fit(rows: pd.DataFrame, **settings: float) -> Ask:
    model = HistGradientBoostingRegressor(random_state=0, **settings).fit(rows[INPUTS], rows["cnt"])

    def ask(asked: pd.DataFrame) -> Scored:
        return Scored(asked, np.asarray(model.predict(asked[INPUTS])), None)

    return ask


def red(
    model: Ask, train: pd.DataFrame, test: pd.DataFrame, champion: Ask | None = None
) -> dict[str, Verdict]:
    """Return the verdicts that stop a release."""
    _, verdicts = judge(
        Case(
            contract=CONTRACT,
            policy=POLICY,
            test=model(test),
            train=model(train),
            champion=champion(test) if champion else None,
            ask=model,
        ),
        today=date(2026, 11, 2),
        rooms=("performance",),
    )
    return {verdict.gate: verdict for verdict in verdicts if verdict.stops}


def test_a_model_of_2011_is_good_enough_for_2011(years: dict[int, pd.DataFrame]) -> None:
    train, test = years[2011].iloc[:6500], years[2011].iloc[6500:].reset_index(drop=True)

    assert red(fit(train), train, test) == {}


def test_a_model_of_2011_fails_its_floors_on_2012(years: dict[int, pd.DataFrame]) -> None:
    found = red(fit(years[2011]), years[2011], years[2012])

    assert {gate: verdict.outcome for gate, verdict in found.items()} == dict.fromkeys(
        (
            "performance/floor:neg_mean_absolute_error",
            "performance/floor:r2",
            "performance/overfit",
            "performance/slice:rush-hour:r2",
        ),
        "fail",
    )


def test_beside_a_champion_of_2012_a_model_of_2011_is_worse_by_more_than_the_margin(
    years: dict[int, pd.DataFrame],
) -> None:
    train, test = years[2012].iloc[:6500], years[2012].iloc[6500:].reset_index(drop=True)

    found = red(fit(years[2011]), years[2011], test, fit(train))["performance/champion"]

    assert found.outcome == "fail"
    assert "of the error of a model that ignores its inputs" in found.reason
    assert found.threshold == pytest.approx(-0.02 * np.abs(test["cnt"] - test["cnt"].mean()).mean(), rel=1e-6)


def test_an_equal_challenger_is_not_called_worse(years: dict[int, pd.DataFrame]) -> None:
    train, test = years[2012].iloc[:6500], years[2012].iloc[6500:].reset_index(drop=True)

    assert "performance/champion" not in red(
        fit(train, learning_rate=0.11), train, test, fit(train, learning_rate=0.1)
    )
