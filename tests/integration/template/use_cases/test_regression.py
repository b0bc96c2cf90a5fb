"""Bikes rented in an hour: a model of 2011 is good for 2011; that it falls in 2012 is seen by its outcomes alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest

from trunkline.monitoring.data import Data
from trunkline.monitoring.performance import Performance

pytestmark = pytest.mark.usefixtures("real_data")
SETTINGS = {"max_iter": 100}


@dataclass(frozen=True)
class Years:
    """The hours of each year, in another order than they came, and a model of the first 6500 of each."""

    bikes: Any
    rows: dict[int, pd.DataFrame]
    models: dict[int, Any]

    def train(self, year: int) -> pd.DataFrame:
        return self.rows[year].iloc[:6500]

    def test(self, year: int) -> pd.DataFrame:
        return self.rows[year].iloc[6500:].reset_index(drop=True)


@pytest.fixture(scope="module")
def kept() -> dict[str, Years]:
    """What was made for an earlier test."""
    return {}


@pytest.fixture
def years(use_case: Callable[[str], Any], real_data: None, kept: dict[str, Years]) -> Years:
    """Both years, with a model of each."""
    if not kept:
        bikes = use_case("regression")
        mixed = bikes.rows().sample(frac=1, random_state=7)
        rows = {
            year: mixed[mixed["day"].str.startswith(str(year))].reset_index(drop=True)
            for year in (2011, 2012)
        }
        models = {
            year: bikes.fit(part.iloc[:6500], "gradient-boosting", **SETTINGS) for year, part in rows.items()
        }
        kept["years"] = Years(bikes, rows, models)
    return kept["years"]


def test_a_model_of_2011_is_good_enough_for_2011(years: Years) -> None:
    found = years.bikes.judged(years.models[2011], years.train(2011), years.test(2011))

    assert [verdict for verdict in found.values() if verdict.stops] == []
    assert found["performance/floor:r2"].figures[0].value > 0.92


def test_a_model_of_2011_fails_its_floors_on_2012(years: Years) -> None:
    found = years.bikes.judged(years.models[2011], years.train(2011), years.test(2012))

    assert {gate: verdict.outcome for gate, verdict in found.items() if verdict.stops} == {
        "performance/floor:r2": "fail",
        "performance/overfit": "fail",
        "performance/slice:rush-hour:r2": "fail",
    }


def test_beside_a_champion_of_2012_a_model_of_2011_is_worse_by_more_than_the_margin(years: Years) -> None:
    test = years.test(2012)
    found = years.bikes.judged(years.models[2011], years.train(2011), test, years.models[2012])

    verdict = found["performance/champion"]
    assert verdict.outcome == "fail"
    assert "of the error of a model that ignores its inputs" in verdict.reason
    assert verdict.threshold == pytest.approx(
        -0.02 * np.abs(test["bikes"] - test["bikes"].mean()).mean(), rel=1e-6
    )


def test_an_equal_challenger_is_not_called_worse(years: Years) -> None:
    train, test = years.train(2012), years.test(2012)
    other = years.bikes.fit(train, "gradient-boosting", learning_rate=0.11, **SETTINGS)

    assert not years.bikes.judged(other, train, test, years.models[2012])["performance/champion"].stops


def test_the_fall_in_2012_is_found_by_the_performance_monitor(years: Years) -> None:
    watching, model = years.bikes.policy.monitoring, years.models[2011]

    def watch(live: pd.DataFrame) -> Any:
        return years.bikes.watch(Performance(watching.performance), model, years.test(2011), live)

    assert watch(years.test(2011).head(500)).state != "alarm"
    signal = watch(years.test(2012).head(500))
    assert (signal.state, signal.findings[0].subject) == ("alarm", "neg_mean_absolute_error")


def test_the_inputs_of_2012_look_as_those_of_2011(years: Years) -> None:
    watching, model = years.bikes.policy.monitoring, years.models[2011]
    # The date moves, as it must; what the model sees does not.
    signal = years.bikes.watch(Data(watching.data), model, years.rows[2011], years.test(2012).head(500))
    features = {column.name for column in years.bikes.contract.features}

    assert not {finding.subject for finding in signal.findings} & features


def test_a_temperature_in_fahrenheit_is_told_by_name(years: Years) -> None:
    watching, model = years.bikes.policy.monitoring, years.models[2011]
    live = years.test(2011).head(500)
    live = live.assign(temperature=live["temperature"] * 1.8 + 32)
    signal = years.bikes.watch(Data(watching.data), model, years.rows[2011], live)

    assert "temperature" in {finding.subject for finding in signal.findings}
