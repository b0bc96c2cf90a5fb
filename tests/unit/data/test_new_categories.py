from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.policy.data import DataPolicy
from trunkline.core.policy.gates import DataGates
from trunkline.core.snapshots import DataLock, Part
from trunkline.core.verdicts import Verdict
from trunkline.data.case import SnapshotCase
from trunkline.data.new_categories import NewCategories
from trunkline.data.rows import typed

Lock = Callable[[pd.DataFrame, Contract], DataLock]
TOWNS = tuple(f"town {n}" for n in range(400))
CONTRACT = Contract(
    name="t",
    columns=(
        Column(name="region", type="category", categories=("north", "south", "islands"), nullable=True),
        Column(name="flag", type="boolean", role=Role.AUDIT),
        Column(name="town", type="category", categories=TOWNS),
        Column(name="y", type="category", role=Role.OUTCOME, categories=("no", "yes", "maybe")),
    ),
)


def asked(rows: pd.DataFrame, contract: Contract, previous: DataLock, limit: float) -> Verdict:
    parts: dict[Part, pd.DataFrame] = {"train": rows, "validation": rows[:0], "test": rows[:0]}
    case = SnapshotCase(parts, contract, DataPolicy(), DataGates(new_categories=limit), "", previous)
    (verdict,) = NewCategories().verdicts(case)
    return verdict


def rows(count: int, *, islands: int = 0, seed: int = 0) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    region = draw.choice(["north", "south"], count).astype(object)
    region[:islands] = "islands"
    return typed(
        pd.DataFrame(
            {
                "region": region,
                "flag": draw.random(count) < 0.5,
                "town": "town 0",
                "y": draw.choice(["no", "yes"], count),
            }
        ),
        CONTRACT,
    )


@pytest.fixture
def before(lock: Lock) -> DataLock:
    return lock(rows(3000, seed=1), CONTRACT)


def test_the_same_categories_pass(before: DataLock) -> None:
    verdict = asked(rows(1000), CONTRACT, before, 0.02)
    assert (verdict.outcome, verdict.blocking) == ("pass", True)
    assert "None of 3 columns" in verdict.reason
    assert [figure.name.partition(":")[2] for figure in verdict.figures] == ["region", "flag", "town"]


def test_a_category_that_was_never_there_fails_and_is_named(before: DataLock) -> None:
    verdict = asked(rows(1000, islands=100), CONTRACT, before, 0.02)
    assert (verdict.outcome, verdict.blocking) == ("fail", True)
    assert "region = islands (10 %" in verdict.reason
    assert verdict.figures[0].value == pytest.approx(0.1)
    assert verdict.advice


def test_a_value_of_a_boolean_that_was_never_there_fails(lock: Lock) -> None:
    before = lock(rows(3000).assign(flag=False), CONTRACT)
    verdict = asked(rows(1000), CONTRACT, before, 0.02)
    assert verdict.outcome == "fail"
    assert "flag = true" in verdict.reason


def test_a_rare_new_category_passes_and_is_told(before: DataLock) -> None:
    verdict = asked(rows(1000, islands=5), CONTRACT, before, 0.02)
    assert verdict.outcome == "pass"
    assert "region: islands, in 0.5 %" in verdict.reason


def test_a_limit_within_the_interval_is_inconclusive_and_does_not_block(before: DataLock) -> None:
    verdict = asked(rows(300, islands=9), CONTRACT, before, 0.02)
    assert (verdict.outcome, verdict.blocking) == ("inconclusive", False)
    assert verdict.advice


def test_rare_values_that_a_small_snapshot_missed_are_chance(lock: Lock) -> None:
    draw = np.random.default_rng(3)
    before = lock(rows(300).assign(town=draw.choice(TOWNS, 300)), CONTRACT)
    verdict = asked(rows(3000).assign(town=draw.choice(TOWNS, 3000)), CONTRACT, before, 0.02)
    assert verdict.figures[2].value > 0.3
    assert verdict.outcome == "pass"
    assert "so small that it missed rare values" in verdict.reason


def test_a_value_that_so_small_a_snapshot_may_lack_by_chance_does_not_block(lock: Lock) -> None:
    before = lock(rows(150, seed=1), CONTRACT)
    verdict = asked(rows(3000, islands=120), CONTRACT, before, 0.02)
    assert (verdict.outcome, verdict.blocking) == ("inconclusive", False)
    assert asked(rows(3000, islands=300), CONTRACT, before, 0.02).outcome == "fail"


def test_the_outcome_is_asked_by_another_gate(before: DataLock) -> None:
    verdict = asked(rows(1000).assign(y="maybe"), CONTRACT, before, 0.02)
    assert verdict.outcome == "pass"


def test_a_column_that_the_champion_did_not_have_is_left_out(before: DataLock) -> None:
    kept = {name: summary for name, summary in before.columns.items() if name == "y"}
    without = before.model_copy(update={"columns": kept})
    verdict = asked(rows(1000), CONTRACT, without, 0.02)
    assert (verdict.outcome, verdict.figures) == ("pass", ())


def test_rows_with_nulls_count_among_all_rows(before: DataLock) -> None:
    planted = rows(1000, islands=100)
    planted.loc[100:599, "region"] = None
    assert asked(planted, CONTRACT, before, 0.02).figures[0].value == pytest.approx(0.1)
