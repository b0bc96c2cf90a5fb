from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.policy.gates import DataGates
from trunkline.core.snapshots import DataLock, Window
from trunkline.core.verdicts import Verdict
from trunkline.data import moved_in_traffic
from trunkline.data.followed import followed, moved_columns
from trunkline.data.moves import compare
from trunkline.data.summaries import column_summaries

CONTRACT = Contract(
    name="credit",
    positive="yes",
    columns=(
        Column(name="income", type="number"),
        Column(name="region", type="category", categories=("north", "south", "islands")),
        Column(name="repaid", type="category", role=Role.OUTCOME, categories=("no", "yes")),
    ),
)
GATES = DataGates()


def rows(
    number: int = 2000, *, income: float = 0.0, islands: float = 0.0, repaid: float = 0.5, seed: int = 0
) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    region = np.where(draw.random(number) < islands, "islands", draw.choice(["north", "south"], number))
    return pd.DataFrame(
        {
            "income": draw.normal(size=number) + income,
            "region": region,
            "repaid": np.where(draw.random(number) < repaid, "yes", "no"),
        }
    )


CHAMPION = DataLock(
    snapshot="sha256:1",
    rows={"train": 2000},
    window=Window(),
    sources={"source": 2000},
    columns=column_summaries(rows(), CONTRACT),
)
MOVED = ("income", "region", "repaid")


def moved(column: str, number: int, *, seed: int) -> pd.DataFrame:
    """Return rows in which one column is no longer what the champion learned from."""
    income, islands, repaid = {
        "income": (4.0, 0.0, 0.5),
        "region": (0.0, 0.3, 0.5),
        "repaid": (0.0, 0.0, 0.95),
    }[column]
    return rows(number, income=income, islands=islands, repaid=repaid, seed=seed)


def red(frame: pd.DataFrame) -> list[Verdict]:
    return [one for one in compare(frame, CONTRACT, CHAMPION, GATES) if one.stops]


@pytest.mark.parametrize("column", MOVED)
def test_a_move_that_live_traffic_shows_stops_no_retraining(column: str) -> None:
    (verdict,) = red(moved(column, 2000, seed=1))
    assert moved_columns(verdict) == (column,)

    follows = moved_in_traffic(moved(column, 500, seed=2), CONTRACT, CHAMPION, GATES, origin="production")
    answer = followed(verdict, follows)

    assert set(follows) == {column}
    assert (answer.outcome, answer.stops) == ("fail", False)
    assert "500 answered requests of production" in answer.reason


@pytest.mark.parametrize("column", MOVED)
def test_a_source_that_moved_by_itself_stops_a_retraining(column: str) -> None:
    (verdict,) = red(moved(column, 2000, seed=1))
    follows = moved_in_traffic(rows(500, seed=2), CONTRACT, CHAMPION, GATES, origin="production")

    assert follows == {}
    assert followed(verdict, follows) == verdict


def test_one_column_of_two_that_traffic_does_not_show_is_enough_to_stop() -> None:
    frame = rows(seed=1, income=4.0)
    frame["age"] = rows(seed=3, income=9.0)["income"]
    contract = CONTRACT.model_copy(update={"columns": (Column(name="age", type="number"), *CONTRACT.columns)})
    lock = CHAMPION.model_copy(update={"columns": {**CHAMPION.columns, "age": CHAMPION.columns["income"]}})
    (verdict,) = [one for one in compare(frame, contract, lock, GATES) if one.stops]

    assert followed(verdict, {"income": "production/data"}).stops
    assert not followed(verdict, {"income": "production/data", "age": "production/data"}).stops


def test_a_few_answers_confirm_nothing() -> None:
    few = rows(20, seed=2, income=4.0)

    assert moved_in_traffic(few, CONTRACT, CHAMPION, GATES, origin="production") == {}
    assert moved_in_traffic(rows(500, income=4.0), CONTRACT, None, GATES, origin="production") == {}
