from __future__ import annotations

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
from trunkline.data.user_leakage import UserLeakage

Parts = dict[Part, pd.DataFrame]
VISITS = Contract(
    name="visits",
    columns=(
        Column(name="visit", type="integer", role=Role.KEY),
        Column(name="patient", type="text", role=Role.USER, nullable=True),
        Column(name="day", type="integer", role=Role.TIME),
        Column(name="x", type="integer"),
        Column(name="ill", type="category", role=Role.OUTCOME, categories=("no", "yes")),
    ),
    positive="yes",
)


def asked(parts: Parts, contract: Contract, method: str) -> list[Verdict]:
    return list(UserLeakage().verdicts(SnapshotCase(parts, contract, DataPolicy(), DataGates(), method)))


def visits(patients: int, count: int = 400) -> pd.DataFrame:
    return typed(
        pd.DataFrame(
            {
                "visit": range(count),
                "patient": [f"patient {n % patients}" for n in range(count)],
                "day": range(count),
                "x": range(count),
                "ill": ["no" if n % 3 else "yes" for n in range(count)],
            }
        ),
        VISITS,
    )


def judged(rows: pd.DataFrame, method: str) -> Verdict:
    parts = split_rows(rows, VISITS, Split.model_validate({"method": method}))
    (verdict,) = asked(parts, VISITS, method)
    return verdict


def test_without_a_user_column_there_is_nothing_to_ask(parts: Parts, contract: Contract) -> None:
    assert not asked(parts, contract, "stratified")


@pytest.mark.parametrize("method", ["stratified", "random"])
def test_users_on_both_sides_of_a_shuffled_split_fail(method: str) -> None:
    verdict = judged(visits(patients=100), method)
    assert (verdict.outcome, verdict.blocking) == ("fail", True)
    assert verdict.figures[0].value > 0.9
    assert "are about a patient who is also learned from" in verdict.reason
    assert "grouped" in verdict.advice


@pytest.mark.parametrize("method", ["stratified", "random", "grouped", "temporal"])
def test_users_who_come_once_pass_every_split(method: str) -> None:
    verdict = judged(visits(patients=400), method)
    assert (verdict.outcome, verdict.figures[0].value) == ("pass", 0)


def test_a_grouped_split_passes_by_construction() -> None:
    verdict = judged(visits(patients=100), "grouped")
    assert (verdict.outcome, verdict.blocking, verdict.figures[0].value) == ("pass", True, 0)


def test_a_user_whom_a_grouped_snapshot_tore_apart_fails() -> None:
    parts = split_rows(visits(patients=100), VISITS, Split(method="grouped"))
    torn = parts | {"test": pd.concat([parts["test"], parts["train"].head(1)])}
    (verdict,) = asked(torn, VISITS, "grouped")
    assert verdict.outcome == "fail"


def test_users_who_come_back_later_are_told_and_do_not_block() -> None:
    verdict = judged(visits(patients=100), "temporal")
    assert (verdict.outcome, verdict.blocking) == ("pass", False)
    assert verdict.figures[0].value == 1
    assert "who come back" in verdict.reason


def test_rows_without_a_user_count_as_new() -> None:
    verdict = judged(visits(patients=100).assign(patient=None).astype({"patient": "str"}), "stratified")
    assert verdict.outcome == "pass"
