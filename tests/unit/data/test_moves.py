from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest

from trunkline.core.contract import Contract
from trunkline.core.policy.gates import DataGates
from trunkline.core.snapshots import DataLock
from trunkline.data import check_rows, contract_from
from trunkline.data.moves import compare

MakeRows = Callable[[int], pd.DataFrame]
Lock = Callable[[pd.DataFrame, Contract], DataLock]
THREE = ["data/new-categories", "data/jumps", "data/label-shift"]


def test_without_a_champion_the_questions_pass_and_block_nothing(
    contract: Contract, make_rows: MakeRows
) -> None:
    verdicts = compare(make_rows(300), contract, None, DataGates())
    assert [verdict.gate for verdict in verdicts] == THREE
    assert {(verdict.outcome, verdict.blocking) for verdict in verdicts} == {("pass", False)}
    assert all("no champion" in verdict.reason for verdict in verdicts)


def test_a_lock_without_a_picture_is_inconclusive_and_blocks_nothing(
    contract: Contract, make_rows: MakeRows, lock: Lock
) -> None:
    rows = make_rows(300)
    bare = lock(rows, contract).model_copy(update={"columns": {}})
    verdicts = compare(rows, contract, bare, DataGates())
    assert {(verdict.outcome, verdict.blocking) for verdict in verdicts} == {("inconclusive", False)}
    assert all(verdict.advice for verdict in verdicts)


@pytest.mark.parametrize(
    ("key", "gate"), list(zip(["new_categories", "jump", "label_shift"], THREE, strict=True))
)
def test_a_question_whose_limit_is_null_is_not_asked(
    contract: Contract, make_rows: MakeRows, lock: Lock, key: str, gate: str
) -> None:
    rows = make_rows(300)
    gates = DataGates.model_validate({key: None})
    for previous in (None, lock(rows, contract)):
        asked = [verdict.gate for verdict in compare(rows, contract, previous, gates)]
        assert asked == [name for name in THREE if name != gate]


def test_a_numeric_outcome_has_no_classes_to_ask_about(lock: Lock) -> None:
    class Prices(pa.DataFrameModel):
        size: float
        price: float = pa.Field(metadata={"role": "outcome"})

    contract = contract_from(Prices)
    rows = check_rows(pd.DataFrame({"size": np.arange(300.0), "price": np.arange(300.0)}), Prices)
    asked = compare(rows, contract, lock(rows, contract), DataGates())
    assert [verdict.gate for verdict in asked] == ["data/new-categories", "data/jumps"]


@pytest.mark.parametrize(
    ("plant", "gate"),
    [
        (lambda rows: rows.assign(region=rows["region"].where(rows["loan"] % 10 > 0, "west")), THREE[0]),
        (lambda rows: rows.assign(income=rows["income"] / 1000), THREE[1]),
        (lambda rows: rows.assign(paid=rows["paid"].where(rows["loan"] % 3 > 0, "no")), THREE[2]),
    ],
    ids=["a new region", "thousands", "another mix of outcomes"],
)
def test_a_planted_change_turns_its_gate_red_and_no_other(
    contract: Contract,
    make_rows: MakeRows,
    lock: Lock,
    plant: Callable[[pd.DataFrame], pd.DataFrame],
    gate: str,
) -> None:
    rows = make_rows(2000)
    now = plant(rows[1000:].reset_index(drop=True))
    verdicts = compare(now, contract, lock(rows[:1000], contract), DataGates())
    assert [verdict.gate for verdict in verdicts if verdict.outcome != "pass"] == [gate]


def test_two_draws_from_one_world_turn_nothing_red(
    contract: Contract, make_rows: MakeRows, lock: Lock
) -> None:
    world = make_rows(4000)
    for seed in range(40):
        drawn = world.sample(600, random_state=seed)
        verdicts = compare(drawn[300:], contract, lock(drawn[:300], contract), DataGates())
        assert [verdict.reason for verdict in verdicts if verdict.outcome != "pass"] == []


def test_two_draws_of_real_arrests_turn_nothing_red(lock: Lock) -> None:
    datasets = pytest.importorskip("sklego.datasets")

    class Arrests(pa.DataFrameModel):
        year: int = pa.Field(metadata={"role": "time"})
        age: int
        colour: str = pa.Field(isin=["Black", "White"], metadata={"role": "audit"})
        sex: str = pa.Field(isin=["Female", "Male"], metadata={"role": "audit"})
        employed: str = pa.Field(isin=["No", "Yes"])
        citizen: str = pa.Field(isin=["No", "Yes"])
        checks: int
        released: str = pa.Field(isin=["No", "Yes"], metadata={"role": "outcome", "positive": "Yes"})

    contract = contract_from(Arrests)
    world = check_rows(datasets.load_arrests(as_frame=True), Arrests)
    for seed in range(40):
        drawn = world.sample(600, random_state=seed)
        verdicts = compare(drawn[300:], contract, lock(drawn[:300], contract), DataGates())
        assert [verdict.reason for verdict in verdicts if verdict.outcome != "pass"] == []
