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
from trunkline.data.rows import typed
from trunkline.data.sufficiency import EnoughOfEveryOutcome, EnoughRows

MakeRows = Callable[[int], pd.DataFrame]
Parts = dict[Part, pd.DataFrame]


def judge_rows(parts: Parts, contract: Contract, policy: DataPolicy) -> Verdict:
    return EnoughRows().verdict(SnapshotCase(parts, contract, policy, DataGates(), "stratified"))


def judge_classes(parts: Parts, contract: Contract) -> Verdict:
    return EnoughOfEveryOutcome().verdict(
        SnapshotCase(parts, contract, DataPolicy(), DataGates(), "stratified")
    )


def figure(verdict: Verdict, name: str, group: str = "") -> float:
    return next(f.value for f in verdict.figures if (f.name, f.group) == (name, group))


def test_too_few_rows_fail(parts: Parts, contract: Contract) -> None:
    verdict = judge_rows(parts, contract, DataPolicy(minimum_rows=601))
    assert verdict.outcome == "fail"
    assert "600 rows; at least 601" in verdict.reason
    assert verdict.advice


def test_an_empty_part_fails(parts: Parts, contract: Contract) -> None:
    verdict = judge_rows(parts | {"test": parts["test"].iloc[:0]}, contract, DataPolicy())
    assert (verdict.outcome, figure(verdict, "rows", "part=test")) == ("fail", 0)


def test_the_class_balance_is_a_figure_with_an_interval(parts: Parts, contract: Contract) -> None:
    verdict = judge_classes(parts, contract)
    shares = {f.group: f for f in verdict.figures}
    rows = pd.concat(parts.values())
    assert shares["paid=no"].value == pytest.approx((rows["paid"] == "no").mean())
    interval = shares["paid=no"].interval
    assert interval is not None
    assert interval.low < shares["paid=no"].value < interval.high


def test_the_interval_of_a_share_is_wilsons(contract: Contract, make_rows: MakeRows) -> None:
    rows = make_rows(10).assign(paid=["no"] + ["yes"] * 9)
    empty = rows.iloc[:0]
    verdict = judge_classes({"train": rows, "validation": empty, "test": empty}, contract)
    interval = next(f.interval for f in verdict.figures if f.group == "paid=no")
    assert interval is not None
    # Newcombe (1998), method 3, for 1 of 10.
    assert (interval.low, interval.high) == pytest.approx((0.0179, 0.4042), abs=5e-4)


def test_an_outcome_that_train_never_has_fails(parts: Parts, contract: Contract) -> None:
    verdict = judge_classes(parts | {"train": parts["train"].assign(paid="yes")}, contract)
    assert verdict.outcome == "fail"
    assert "Train has no row of paid = no" in verdict.reason


def test_few_test_rows_of_a_class_are_inconclusive(parts: Parts, contract: Contract) -> None:
    test = parts["test"]
    rare = pd.concat([test[test["paid"] == "yes"], test[test["paid"] == "no"].head(9)])
    verdict = judge_classes(parts | {"test": rare}, contract)
    assert verdict.outcome == "inconclusive"
    assert "fewer than 10 rows of paid = no" in verdict.reason


def test_boolean_outcomes_are_counted(make_rows: MakeRows) -> None:
    contract = Contract(
        name="t",
        columns=(
            Column(name="x", type="integer"),
            Column(name="y", type="boolean", role=Role.OUTCOME, categories=("false", "true")),
        ),
        positive="true",
    )
    rows = typed(pd.DataFrame({"x": range(100), "y": [True] * 25 + [False] * 75}), contract)
    verdict = judge_classes({"train": rows, "validation": rows, "test": rows}, contract)
    assert (verdict.outcome, figure(verdict, "share", "y=true")) == ("pass", 0.25)


@pytest.mark.parametrize(("price", "outcome"), [(1.0, "fail"), (np.arange(30), "pass")])
def test_a_numeric_outcome_must_vary(price: object, outcome: str) -> None:
    contract = Contract(
        name="t",
        columns=(
            Column(name="x", type="integer"),
            Column(name="price", type="number", role=Role.OUTCOME),
        ),
    )
    rows = typed(pd.DataFrame({"x": range(30), "price": price}), contract)
    assert judge_classes({"train": rows, "validation": rows, "test": rows}, contract).outcome == outcome
