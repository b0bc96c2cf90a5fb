from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.policy.data import DataPolicy
from trunkline.core.policy.gates import DataGates
from trunkline.core.snapshots import DataLock, Part
from trunkline.core.verdicts import Verdict
from trunkline.data.case import SnapshotCase
from trunkline.data.label_shift import LabelShift
from trunkline.data.rows import typed

Lock = Callable[[pd.DataFrame, Contract], DataLock]
CONTRACT = Contract(
    name="t",
    columns=(
        Column(name="x", type="integer"),
        Column(name="y", type="category", role=Role.OUTCOME, categories=("no", "yes", "maybe")),
    ),
)


def asked(rows: pd.DataFrame, contract: Contract, previous: DataLock, limit: float) -> Verdict:
    parts: dict[Part, pd.DataFrame] = {"train": rows, "validation": rows[:0], "test": rows[:0]}
    case = SnapshotCase(parts, contract, DataPolicy(), DataGates(label_shift=limit), "", previous)
    (verdict,) = LabelShift().verdicts(case)
    return verdict


def rows(**counts: int) -> pd.DataFrame:
    labels = [label for label, count in counts.items() for _ in range(count)]
    return typed(pd.DataFrame({"x": range(len(labels)), "y": labels}), CONTRACT)


@pytest.fixture
def before(lock: Lock) -> DataLock:
    return lock(rows(no=600, yes=1400), CONTRACT)


def test_equal_shares_pass(before: DataLock) -> None:
    verdict = asked(rows(no=310, yes=690), CONTRACT, before, 0.15)
    assert (verdict.outcome, verdict.blocking) == ("pass", True)
    assert {figure.group: round(figure.value, 3) for figure in verdict.figures} == {
        "y=no": 0.01,
        "y=yes": 0.01,
    }
    assert "may" in verdict.reason


def test_a_share_that_surely_moved_fails_and_says_what_to_do_after_a_real_change(before: DataLock) -> None:
    verdict = asked(rows(no=600, yes=400), CONTRACT, before, 0.15)
    assert (verdict.outcome, verdict.blocking) == ("fail", True)
    assert "y=no from 30 % of 2,000 rows to 60 % of 1,000 (moved by 30 %" in verdict.reason
    assert "gates.data.label_shift" in verdict.advice
    assert "reviewed change" in verdict.advice


def test_few_rows_that_seem_to_have_moved_are_inconclusive_and_do_not_block(before: DataLock) -> None:
    verdict = asked(rows(no=47, yes=53), CONTRACT, before, 0.15)
    assert (verdict.outcome, verdict.blocking) == ("inconclusive", False)
    assert "reaches back" in verdict.reason


@pytest.mark.parametrize(("now", "label"), [({"yes": 700, "maybe": 300}, "y=maybe"), ({"yes": 1000}, "y=no")])
def test_a_class_that_came_or_went_has_moved(before: DataLock, now: dict[str, int], label: str) -> None:
    verdict = asked(rows(**now), CONTRACT, before, 0.15)
    assert verdict.outcome == "fail"
    assert label in verdict.reason


def test_many_classes_share_the_level(before: DataLock) -> None:
    verdict = asked(rows(no=300, yes=690, maybe=10), CONTRACT, before, 0.15)
    assert {round(f.interval.level, 4) for f in verdict.figures if f.interval} == {0.9833}


def test_without_the_outcome_in_the_lock_there_is_nothing_to_compare(before: DataLock) -> None:
    other = before.model_copy(update={"columns": {"x": before.columns["x"]}})
    verdict = asked(rows(no=10, yes=10), CONTRACT, other, 0.15)
    assert (verdict.outcome, verdict.blocking) == ("pass", False)
