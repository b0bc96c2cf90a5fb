"""Regression on real data: hourly bike rentals. A model of 2011 does not hold in 2012, though its inputs look alike.

Split, search and gates are the toolkit's own, as the loop calls them.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor

from trunkline.core.config import Policy, Split
from trunkline.core.contract import Column, Contract, Role
from trunkline.core.records import Verdict, Window
from trunkline.data import split_rows
from trunkline.data.rows import typed
from trunkline.data.sources import in_window
from trunkline.evaluation import Scored, judge
from trunkline.training import Candidate, predict_frame, train

DATA = (
    Path(os.environ.get("TRUNKLINE_DATA") or Path(__file__).parents[4] / "shared" / "data") / "bike_sharing"
)
CONTRACT = Contract(
    name="rentals",
    columns=(
        Column(name="instant", type="integer", role=Role.KEY),
        Column(name="dteday", type="text", role=Role.TIME),
        Column(name="season", type="integer", minimum=1, maximum=4),
        Column(name="mnth", type="integer", minimum=1, maximum=12),
        Column(name="hr", type="integer", minimum=0, maximum=23),
        Column(name="holiday", type="integer", minimum=0, maximum=1),
        Column(name="weekday", type="integer", minimum=0, maximum=6),
        Column(name="workingday", type="integer", minimum=0, maximum=1),
        Column(name="weathersit", type="integer", minimum=1, maximum=4),
        Column(name="temp", type="number", minimum=0, maximum=1),
        Column(name="atemp", type="number", minimum=0, maximum=1),
        Column(name="hum", type="number", minimum=0, maximum=1),
        Column(name="windspeed", type="number", minimum=0, maximum=1),
        Column(name="cnt", type="integer", role=Role.OUTCOME, minimum=0, unit="rentals an hour"),
    ),
)
FLOORS = {"r2": 0.85, "neg_mean_absolute_error": -35.0}
POLICY = Policy.model_validate(
    {
        "name": "rentals",
        "package": "rentals",
        "training": {"search": {"metric": "r2", "folds": 2, "jobs": 1}},
        "monitoring": {"performance": {"metric": "r2"}},
        "gates": {"performance": {"floors": FLOORS, "metric": "r2", "resamples": 200}},
    }
)
Gates = dict[str, Verdict]

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="the data set bike sharing is not here (../shared/data, or TRUNKLINE_DATA)"
)


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    """All hours, in the contract's types."""
    return typed(pd.read_csv(DATA / "hour.csv.gz"), CONTRACT)


def verdicts_of(rows: pd.DataFrame, split: Split) -> Gates:
    """Split, train and judge."""
    parts = split_rows(rows, CONTRACT, split)
    development = pd.concat([parts["train"], parts["validation"]], ignore_index=True)
    names = [column.name for column in CONTRACT.features]
    fitted = train(
        development,
        CONTRACT,
        features=lambda: ColumnTransformer([("numbers", "passthrough", names)]),
        candidates=[Candidate("boosting", HistGradientBoostingRegressor(max_iter=100))],
        policy=POLICY.training,
    )

    def ask(given: pd.DataFrame) -> Scored:
        return Scored(given, *predict_frame(fitted.pipeline, given, CONTRACT))

    _, verdicts = judge(
        contract=CONTRACT,
        policy=POLICY,
        test=ask(parts["test"]),
        train=ask(development),
        ask=ask,
        today=date(2026, 11, 2),
    )
    return {verdict.gate: verdict for verdict in verdicts}


@pytest.fixture(scope="module")
def same_year(rows: pd.DataFrame) -> Gates:
    """A model of 2011 judged on hours of 2011 that it has not seen."""
    return verdicts_of(in_window(rows, CONTRACT, Window(last="2011")), Split(method="random"))


@pytest.fixture(scope="module")
def next_year(rows: pd.DataFrame) -> Gates:
    """A model of 2011 judged on 2012: a temporal split whose test part is that year up to October."""
    known = in_window(rows, CONTRACT, Window(last="2012-10-31"))
    share = float((known["dteday"] >= "2012").mean())
    split = Split(method="temporal", test=share, validation=0.1)
    parts = split_rows(known, CONTRACT, split)
    assert parts["test"]["dteday"].min() == "2012-01-01"
    assert max(parts["train"]["dteday"].max(), parts["validation"]["dteday"].max()) == "2011-12-31"
    return verdicts_of(known, split)


@pytest.mark.parametrize("metric", sorted(FLOORS))
def test_a_random_split_of_one_year_meets_the_floor(same_year: Gates, metric: str) -> None:
    verdict = same_year[f"performance/floor:{metric}"]
    assert verdict.outcome == "pass", verdict.reason


@pytest.mark.parametrize("metric", sorted(FLOORS))
def test_a_temporal_split_at_the_turn_of_the_year_does_not(next_year: Gates, metric: str) -> None:
    verdict = next_year[f"performance/floor:{metric}"]
    assert verdict.outcome == "fail", verdict.reason
    assert verdict.stops


def test_the_fall_from_train_to_test_is_red_too(same_year: Gates, next_year: Gates) -> None:
    assert same_year["performance/overfit"].outcome == "pass"
    assert next_year["performance/overfit"].outcome == "fail"


def test_it_still_beats_a_model_that_ignores_its_inputs(next_year: Gates) -> None:
    assert next_year["performance/baseline"].outcome == "pass"


def test_it_is_no_chance_that_the_next_year_is_worse(same_year: Gates, next_year: Gates) -> None:
    before, after = (judged["performance/floor:r2"].figures[0] for judged in (same_year, next_year))
    assert before.interval is not None
    assert after.interval is not None
    assert after.interval.high < before.interval.low
