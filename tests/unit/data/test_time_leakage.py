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
from trunkline.data.rows import typed
from trunkline.data.time_leakage import TimeLeakage

Parts = dict[Part, pd.DataFrame]
MakeRows = Callable[[int], pd.DataFrame]


def asked(parts: Parts, contract: Contract, method: str, rules: DataGates) -> list[Verdict]:
    return list(TimeLeakage().verdicts(SnapshotCase(parts, contract, DataPolicy(), rules, method)))


def judged(
    parts: Parts, contract: Contract, method: str = "stratified", policy: DataGates | None = None
) -> Verdict:
    (verdict,) = asked(parts, contract, method, policy or DataGates())
    return verdict


def test_without_an_event_time_there_is_nothing_to_ask(parts: Parts, contract: Contract) -> None:
    columns = tuple(column for column in contract.columns if column.role is not Role.TIME)
    timeless = contract.model_copy(update={"columns": columns})
    assert not asked(parts, timeless, "stratified", DataGates())


def test_an_outcome_that_does_not_move_with_time_passes(parts: Parts, contract: Contract) -> None:
    verdict = judged(parts, contract)
    assert verdict.outcome == "pass"
    assert verdict.figures[0].name == "event_time:year"
    assert verdict.figures[0].rows == len(parts["train"]) + len(parts["validation"])


def test_an_outcome_that_time_alone_tells_fails_and_advises_a_temporal_split(
    parts: Parts, contract: Contract
) -> None:
    planted: Parts = {
        name: rows.assign(year=np.where(rows["paid"] == "no", rows["year"] - 8, rows["year"]))
        for name, rows in parts.items()
    }
    verdict = judged(planted, contract)
    assert (verdict.outcome, verdict.blocking) == ("fail", True)
    assert "year alone predicts paid with AUC 0.9" in verdict.reason
    assert "temporal" in verdict.advice


def test_a_limit_within_the_interval_is_inconclusive_and_does_not_block(
    parts: Parts, contract: Contract
) -> None:
    planted: Parts = {
        name: rows.assign(year=np.where(rows["paid"] == "no", rows["year"] - 5, rows["year"]))
        for name, rows in parts.items()
    }
    value = judged(planted, contract).figures[0].value
    verdict = judged(planted, contract, policy=DataGates(time_leakage=value - 0.01))
    assert (verdict.outcome, verdict.blocking) == ("inconclusive", False)
    assert "reaches back" in verdict.reason


def test_times_written_as_texts_count_by_their_order() -> None:
    contract = Contract(
        name="t",
        columns=(
            Column(name="day", type="text", role=Role.TIME),
            Column(name="x", type="integer"),
            Column(name="y", type="number", role=Role.OUTCOME),
        ),
    )
    days = [f"2024-{1 + n // 28 % 12:02}-{1 + n % 28:02}" for n in range(672)]
    order = [(n // 28 % 12) * 28 + n % 28 for n in range(672)]
    rows = typed(pd.DataFrame({"day": days, "x": 1, "y": order}), contract)
    parts: Parts = {"train": rows, "validation": rows.iloc[:0], "test": rows.iloc[:0]}
    verdict = judged(parts, contract)
    assert verdict.outcome == "fail"
    assert verdict.figures[0].value > 0.98


@pytest.mark.parametrize(("limit", "outcome"), [(None, "fail"), (0.8, "pass")])
def test_a_number_that_moves_with_time_has_a_limit_of_its_own(limit: float | None, outcome: str) -> None:
    contract = Contract(
        name="t",
        columns=(
            Column(name="day", type="integer", role=Role.TIME),
            Column(name="x", type="integer"),
            Column(name="y", type="number", role=Role.OUTCOME),
        ),
    )
    days = np.arange(2000)
    # The trend has 1.86 times the variance of the noise: time explains 65 % of the whole.
    trend = (days - days.mean()) / days.std() * 1.86**0.5
    moving = trend + np.random.default_rng(4).normal(size=2000)
    rows = typed(pd.DataFrame({"day": days, "x": 1, "y": moving}), contract)
    parts: Parts = {"train": rows, "validation": rows.iloc[:0], "test": rows.iloc[:0]}
    policy = DataGates() if limit is None else DataGates(time_leakage_r2=limit)
    verdict = judged(parts, contract, policy=policy)
    assert verdict.outcome == outcome
    assert verdict.figures[0].value == pytest.approx(0.65, abs=0.04)
    assert not asked(parts, contract, "random", DataGates(time_leakage_r2=None))


def test_too_few_rows_to_measure_are_inconclusive(parts: Parts, contract: Contract) -> None:
    tiny: Parts = {name: rows.head(3) for name, rows in parts.items()}
    verdict = judged(tiny, contract)
    assert verdict.outcome == "inconclusive"
    assert "6 rows are too few" in verdict.reason


def test_a_temporal_split_passes_with_equal_times_on_both_sides(
    contract: Contract, make_rows: MakeRows
) -> None:
    parts = split_rows(make_rows(500), contract, Split(method="temporal"))
    assert parts["validation"]["year"].max() == parts["test"]["year"].min()
    verdict = judged(parts, contract, "temporal")
    assert (verdict.outcome, verdict.figures[0].value) == ("pass", 0)
    assert "older" not in verdict.reason


@pytest.mark.parametrize("part", ["train", "validation"])
def test_a_learned_row_newer_than_a_test_row_fails(
    contract: Contract, make_rows: MakeRows, part: Part
) -> None:
    parts = split_rows(make_rows(500), contract, Split(method="temporal"))
    late = parts[part].head(2).assign(year=parts["test"]["year"].max() + 1)
    verdict = judged(parts | {part: pd.concat([parts[part], late])}, contract, "temporal")
    assert (verdict.outcome, verdict.blocking) == ("fail", True)
    assert verdict.reason.startswith("2 of ")
    assert verdict.advice


def test_old_rows_of_a_key_whose_newest_row_is_tested_are_told(
    contract: Contract, make_rows: MakeRows
) -> None:
    rows = make_rows(400).assign(loan=np.arange(400) // 2, year=np.tile([1990, 2020], 200))
    rows.loc[rows["loan"] < 100, "year"] = 2000
    parts = split_rows(rows, contract, Split(method="temporal"))
    verdict = judged(parts, contract, "temporal")
    assert verdict.outcome == "pass"
    assert "test rows are older" in verdict.reason
