from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.policy.data import DataPolicy
from trunkline.core.policy.gates import DataGates
from trunkline.core.snapshots import Part
from trunkline.core.verdicts import Verdict
from trunkline.data.case import SnapshotCase
from trunkline.data.conflicts import Conflicts
from trunkline.data.rows import typed

Parts = dict[Part, pd.DataFrame]
MakeRows = Callable[[int], pd.DataFrame]
PRICES = Contract(
    name="prices",
    columns=(Column(name="size", type="integer"), Column(name="price", type="number", role=Role.OUTCOME)),
)


def judged(parts: Parts, contract: Contract, limit: float) -> Verdict:
    rules = DataGates(conflicts=limit)
    return Conflicts().verdict(SnapshotCase(parts, contract, DataPolicy(), rules, "stratified"))


def whole(rows: pd.DataFrame) -> Parts:
    return {"train": rows, "validation": rows.iloc[:0], "test": rows.iloc[:0]}


@pytest.fixture
def distinct(parts: Parts) -> Parts:
    """Rows of which no two are equal: each has an income of its own."""
    return {name: rows.dropna(subset="income").head(100) for name, rows in parts.items()}


def prices(size: object, price: object) -> Parts:
    return whole(typed(pd.DataFrame({"size": size, "price": price}), PRICES))


def test_rows_that_all_differ_have_no_conflicts(distinct: Parts, contract: Contract) -> None:
    verdict = judged(distinct, contract, 0.0)
    assert (verdict.outcome, verdict.figures[0].value, verdict.figures[0].rows) == ("pass", 0, 300)


def test_cases_labelled_twice_fail_wherever_they_lie(distinct: Parts, contract: Contract) -> None:
    twice = distinct["train"].head(100)
    flipped = twice.assign(loan=range(9000, 9100), paid=np.where(twice["paid"] == "no", "yes", "no"))
    planted = distinct | {"test": pd.concat([distinct["test"], flipped])}
    verdict = judged(planted, contract, 0.05)
    assert (verdict.outcome, verdict.blocking) == ("fail", True)
    assert verdict.figures[0].value == pytest.approx(100 / 400)
    assert verdict.figures[1].value == pytest.approx(200 / 400)
    assert "25 %" in verdict.reason
    assert "gates.data.conflicts to about 0.33" in verdict.advice


def test_equal_rows_of_one_outcome_are_no_conflict(distinct: Parts, contract: Contract) -> None:
    twins = distinct["train"].head(50).assign(loan=range(9000, 9050))
    planted = distinct | {"test": pd.concat([distinct["test"], twins])}
    verdict = judged(planted, contract, 0.0)
    assert verdict.outcome == "pass"
    assert verdict.figures[1].value == pytest.approx(100 / 350)


def test_the_rows_that_a_perfect_lookup_gets_wrong_are_counted(
    make_rows: MakeRows, contract: Contract
) -> None:
    same = make_rows(10).assign(year=2000, income=np.nan, debts=1, region=None)
    rows = typed(same.assign(paid=["no"] * 3 + ["yes"] * 7), contract)
    assert judged(whole(rows), contract, 0.5).figures[0].value == pytest.approx(0.3)


def test_a_limit_within_the_interval_is_inconclusive_and_does_not_block(
    distinct: Parts, contract: Contract
) -> None:
    twice = distinct["train"].head(20)
    flipped = twice.assign(loan=range(9000, 9020), paid=np.where(twice["paid"] == "no", "yes", "no"))
    planted = distinct | {"test": pd.concat([distinct["test"], flipped])}
    verdict = judged(planted, contract, 0.05)
    assert (verdict.outcome, verdict.blocking) == ("inconclusive", False)
    assert "reaches back" in verdict.reason
    assert verdict.advice


def test_many_classes_are_counted_against_the_most_common(contract: Contract) -> None:
    three = Contract(
        name="t",
        columns=(
            Column(name="x", type="integer"),
            Column(name="y", type="category", role=Role.OUTCOME, categories=("a", "b", "c")),
        ),
    )
    rows = typed(pd.DataFrame({"x": [1] * 6 + [2] * 2, "y": list("aaabbccc")}), three)
    assert judged(whole(rows), three, 0.5).figures[0].value == pytest.approx(3 / 8)


def test_the_variance_within_equal_rows_is_what_regression_cannot_know() -> None:
    draw = np.random.default_rng(0)
    size = draw.integers(0, 50, 4000)
    noise = judged(prices(size, size + draw.normal(0, 10, 4000)), PRICES, 0.05)
    # The variance of the sizes is (50^2 - 1) / 12, that of the noise 100.
    assert noise.figures[0].value == pytest.approx(100 / (100 + 2499 / 12), abs=0.025)
    assert noise.figures[0].interval is not None
    assert noise.figures[0].interval.high - noise.figures[0].interval.low < 0.05
    assert noise.outcome == "fail"
    assert judged(prices(size, size * 2.0), PRICES, 0.05).figures[0].value == 0


def test_the_interval_of_the_variance_covers_what_is_true_as_often_as_it_says() -> None:
    truth, covered = 100 / (100 + 2499 / 12), 0
    for seed in range(100):
        draw = np.random.default_rng(seed)
        size = draw.integers(0, 50, 2000)
        # A mean over 40 rows takes one row's freedom out of each group.
        interval = judged(prices(size, size + draw.normal(0, 10, 2000)), PRICES, 0.5).figures[0].interval
        assert interval is not None
        covered += interval.low <= truth * 39 / 40 <= interval.high
    assert covered >= 89
