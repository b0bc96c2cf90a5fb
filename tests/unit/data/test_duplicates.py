from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.policy.data import DataPolicy, Split
from trunkline.core.policy.gates import DataGates
from trunkline.core.snapshots import Part
from trunkline.core.verdicts import Verdict
from trunkline.data import split_rows
from trunkline.data.case import SnapshotCase
from trunkline.data.duplicates import Duplicates

MakeRows = Callable[[int], pd.DataFrame]
Parts = dict[Part, pd.DataFrame]


def judged(parts: Parts, contract: Contract, rules: DataGates) -> Verdict:
    return Duplicates().verdict(SnapshotCase(parts, contract, DataPolicy(), rules, "stratified"))


def figure(verdict: Verdict, name: str, group: str = "") -> float:
    return next(f.value for f in verdict.figures if (f.name, f.group) == (name, group))


def test_a_key_in_two_parts_fails_whatever_is_allowed(parts: Parts, contract: Contract) -> None:
    planted = parts | {"test": pd.concat([parts["test"], parts["train"].head(2)])}
    verdict = judged(planted, contract, DataGates(duplicates=0.5))
    assert verdict.outcome == "fail"
    assert "2 of 602 rows repeat another one by loan, 2 of them in another part" in verdict.reason
    assert figure(verdict, "duplicates_across_parts") == pytest.approx(2 / 602)


@pytest.mark.parametrize(("allowed", "outcome"), [(0.0, "fail"), (0.01, "pass")])
def test_a_key_twice_in_one_part_is_weighed_by_the_policy(
    parts: Parts, contract: Contract, allowed: float, outcome: str
) -> None:
    planted = parts | {"train": pd.concat([parts["train"], parts["train"].head(3)])}
    verdict = judged(planted, contract, DataGates(duplicates=allowed))
    assert verdict.outcome == outcome
    assert figure(verdict, "duplicates_across_parts") == 0


def test_without_a_key_whole_rows_are_compared_across_the_split(
    make_rows: MakeRows, keyless: Contract
) -> None:
    rows = make_rows(600).drop(columns="loan").drop_duplicates()
    bare = split_rows(rows, keyless, Split())
    planted = bare | {"test": pd.concat([bare["test"], bare["train"].head(5)])}
    assert judged(bare, keyless, DataGates()).outcome == "pass"
    verdict = judged(planted, keyless, DataGates())
    assert verdict.outcome == "fail"
    assert "5 of them in another part" in verdict.reason
    assert "key column" in verdict.advice


def test_without_a_key_test_rows_that_are_learned_from_are_copies_whatever_duplicates_allows(
    make_rows: MakeRows, keyless: Contract
) -> None:
    bare = split_rows(make_rows(600).drop(columns="loan").drop_duplicates(), keyless, Split())
    planted = bare | {"train": pd.concat([bare["train"], bare["test"]], ignore_index=True)}
    verdict = judged(planted, keyless, DataGates(duplicates=0.25, copies=0.0))
    assert verdict.outcome == "fail"
    assert figure(verdict, "copies") == 1
    assert verdict.threshold == 0
    assert "gates.data.copies" in verdict.advice
    assert judged(planted, keyless, DataGates(duplicates=0.25, copies=None)).outcome == "pass"


def test_every_share_has_its_rows_and_its_interval(parts: Parts, contract: Contract) -> None:
    for one in judged(parts, contract, DataGates()).figures:
        assert one.rows == (len(parts["test"]) if one.name.startswith("copies") else 600)
        assert one.interval is not None
        assert one.interval.low <= one.value <= one.interval.high


def test_rows_that_differ_by_key_only_are_counted_and_not_judged(parts: Parts, contract: Contract) -> None:
    twins = parts["train"].head(6).assign(loan=range(9000, 9006))
    planted = parts | {"test": pd.concat([parts["test"], twins])}
    before, verdict = (judged(rows, contract, DataGates()) for rows in (parts, planted))
    assert verdict.outcome == "pass"
    assert figure(verdict, "identical_rows") * 606 - figure(before, "identical_rows") * 600 == pytest.approx(
        6
    )


def test_rows_that_are_alike_by_chance_are_no_copies_and_rows_that_came_twice_are() -> None:
    drawn = np.random.default_rng(2)
    rows = pd.DataFrame({name: drawn.integers(0, 6, 4000) for name in ("a", "b", "c", "d")})
    rows.insert(0, "loan", range(len(rows)))
    coarse = Contract(
        name="coarse",
        columns=(
            Column(name="loan", type="integer", role=Role.KEY),
            *(Column(name=name, type="integer") for name in ("a", "b", "c")),
            Column(name="d", type="integer", role=Role.OUTCOME),
        ),
    )
    verdict = judged(split_rows(rows, coarse, Split()), coarse, DataGates())
    assert verdict.outcome == "pass"
    assert figure(verdict, "copies") > 0.5
    fine = rows.assign(a=drawn.random(4000)).astype({"a": float})
    twice = pd.concat([fine, fine.sample(1200, random_state=1).assign(loan=range(5000, 6200))])
    number = coarse.model_copy(
        update={"columns": (*coarse.columns[:1], Column(name="a", type="number"), *coarse.columns[2:])}
    )
    assert judged(split_rows(twice, number, Split()), number, DataGates()).outcome == "fail"
