from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from trunkline.core.config import DataPolicy, Split
from trunkline.core.contract import Column, Contract, Role
from trunkline.core.gates import DataGates
from trunkline.core.records import Part, Verdict
from trunkline.data import split_rows
from trunkline.data.duplicates import judge_duplicates
from trunkline.data.leakage import judge_leakage
from trunkline.data.sufficiency import judge_classes, judge_rows
from trunkline.data.rows import typed

MakeRows = Callable[[int], pd.DataFrame]
Parts = dict[Part, pd.DataFrame]


@pytest.fixture
def parts(contract: Contract, make_rows: MakeRows) -> Parts:
    return split_rows(make_rows(600), contract, Split())


@pytest.fixture
def keyless(contract: Contract) -> Contract:
    columns = tuple(column for column in contract.columns if column.role is not Role.KEY)
    return contract.model_copy(update={"columns": columns})


def figure(verdict: Verdict, name: str, group: str = "") -> float:
    return next(f.value for f in verdict.figures if (f.name, f.group) == (name, group))


def test_sound_rows_pass_every_gate(parts: Parts, contract: Contract) -> None:
    policy, gates = DataPolicy(), DataGates()
    verdicts = [
        judge_rows(parts, policy),
        judge_classes(parts, contract),
        judge_duplicates(parts, contract, gates),
        judge_leakage(parts, contract, gates),
    ]
    assert [verdict.gate for verdict in verdicts] == [
        "data/rows", "data/classes", "data/duplicates", "data/leakage",
    ]  # fmt: skip
    assert {verdict.outcome for verdict in verdicts} == {"pass"}
    for verdict in verdicts:
        assert verdict.question
        assert verdict.reason
        assert verdict.figures
        assert verdict.threshold is not None


def test_too_few_rows_fail(parts: Parts) -> None:
    verdict = judge_rows(parts, DataPolicy(minimum_rows=601))
    assert verdict.outcome == "fail"
    assert "600 rows; at least 601" in verdict.reason
    assert verdict.advice


def test_an_empty_part_fails(parts: Parts) -> None:
    verdict = judge_rows(parts | {"test": parts["test"].iloc[:0]}, DataPolicy())
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


def test_a_key_in_two_parts_fails_whatever_is_allowed(parts: Parts, contract: Contract) -> None:
    planted = parts | {"test": pd.concat([parts["test"], parts["train"].head(2)])}
    verdict = judge_duplicates(planted, contract, DataGates(duplicates=0.5))
    assert verdict.outcome == "fail"
    assert "2 of 602 rows repeat another one by loan, 2 of them in another part" in verdict.reason
    assert figure(verdict, "duplicates_across_parts") == pytest.approx(2 / 602)


@pytest.mark.parametrize(("allowed", "outcome"), [(0.0, "fail"), (0.01, "pass")])
def test_a_key_twice_in_one_part_is_weighed_by_the_policy(
    parts: Parts, contract: Contract, allowed: float, outcome: str
) -> None:
    planted = parts | {"train": pd.concat([parts["train"], parts["train"].head(3)])}
    verdict = judge_duplicates(planted, contract, DataGates(duplicates=allowed))
    assert verdict.outcome == outcome
    assert figure(verdict, "duplicates_across_parts") == 0


def test_without_a_key_whole_rows_are_compared_across_the_split(
    make_rows: MakeRows, keyless: Contract
) -> None:
    rows = make_rows(600).drop(columns="loan").drop_duplicates()
    bare = split_rows(rows, keyless, Split())
    planted = bare | {"test": pd.concat([bare["test"], bare["train"].head(5)])}
    assert judge_duplicates(bare, keyless, DataGates()).outcome == "pass"
    verdict = judge_duplicates(planted, keyless, DataGates())
    assert verdict.outcome == "fail"
    assert "5 of them in another part" in verdict.reason
    assert "key column" in verdict.advice


def test_rows_that_differ_by_key_only_are_counted_and_not_judged(parts: Parts, contract: Contract) -> None:
    twins = parts["train"].head(6).assign(loan=range(9000, 9006))
    planted = parts | {"test": pd.concat([parts["test"], twins])}
    before, verdict = (judge_duplicates(rows, contract, DataGates()) for rows in (parts, planted))
    assert verdict.outcome == "pass"
    assert figure(verdict, "identical_rows") * 606 - figure(before, "identical_rows") * 600 == pytest.approx(
        6
    )


def test_a_target_leaked_into_a_feature_fails(parts: Parts, contract: Contract) -> None:
    planted: Parts = {
        name: rows.assign(region=rows["paid"].map({"no": "north", "yes": "south"}))
        for name, rows in parts.items()
    }
    verdict = judge_leakage(planted, contract, DataGates())
    assert verdict.outcome == "fail"
    assert "region (AUC 1.000)" in verdict.reason
    assert "debts" not in verdict.reason
    assert verdict.advice


def test_a_target_leaked_into_a_number_fails(parts: Parts, contract: Contract) -> None:
    planted: Parts = {
        name: rows.assign(income=np.where(rows["paid"] == "no", 3.0, 4.0)) for name, rows in parts.items()
    }
    assert "income (AUC 1.000)" in judge_leakage(planted, contract, DataGates()).reason


def test_a_leak_in_the_test_part_alone_does_not_count(parts: Parts, contract: Contract) -> None:
    test = parts["test"]
    leaky = test.assign(region=test["paid"].map({"no": "north", "yes": "south"}))
    before = judge_leakage(parts, contract, DataGates())
    assert judge_leakage(parts | {"test": leaky}, contract, DataGates()) == before


def test_a_threshold_inside_the_interval_is_inconclusive(parts: Parts, contract: Contract) -> None:
    best = max(judge_leakage(parts, contract, DataGates()).figures, key=lambda f: f.value)
    verdict = judge_leakage(parts, contract, DataGates(leakage=best.value + 0.01))
    assert verdict.outcome == "inconclusive"
    assert "too few to rule out" in verdict.reason


def test_too_few_rows_to_measure_a_feature_are_inconclusive(parts: Parts, contract: Contract) -> None:
    tiny: Parts = {name: rows.head(3) for name, rows in parts.items()}
    verdict = judge_leakage(tiny, contract, DataGates())
    assert verdict.outcome == "inconclusive"
    assert "6 rows are too few" in verdict.reason
