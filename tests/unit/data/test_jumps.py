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
from trunkline.data.jumps import Jumps
from trunkline.data.rows import typed

Lock = Callable[[pd.DataFrame, Contract], DataLock]
Draw = Callable[[np.random.Generator, int], np.ndarray]
CONTRACT = Contract(
    name="t",
    columns=(
        Column(name="day", type="integer", role=Role.TIME),
        Column(name="x", type="number", nullable=True),
        Column(name="y", type="number", role=Role.OUTCOME),
    ),
)
COLUMNS: dict[str, Draw] = {
    "celsius": lambda draw, n: draw.normal(15, 8, n),
    "euro": lambda draw, n: draw.gamma(4, 800, n),
    "years": lambda draw, n: draw.integers(18, 80, n).astype(float),
    "kilometres": lambda draw, n: draw.lognormal(3, 0.6, n),
}
MISTAKES: dict[str, tuple[str, Callable[[np.ndarray], np.ndarray]]] = {
    "fahrenheit": ("celsius", lambda x: x * 1.8 + 32),
    "kelvin": ("celsius", lambda x: x + 273.15),
    "cents": ("euro", lambda x: x * 100),
    "thousands of euro": ("euro", lambda x: x / 1000),
    "days": ("years", lambda x: x * 365.25),
    "metres": ("kilometres", lambda x: x * 1000),
    "another sign": ("euro", lambda x: -x),
}


def asked(rows: pd.DataFrame, contract: Contract, previous: DataLock, limit: float) -> Verdict:
    parts: dict[Part, pd.DataFrame] = {"train": rows, "validation": rows[:0], "test": rows[:0]}
    case = SnapshotCase(parts, contract, DataPolicy(), DataGates(jump=limit), "", previous)
    (verdict,) = Jumps().verdicts(case)
    return verdict


def rows(x: np.ndarray, *, y: np.ndarray | None = None, day: int = 0) -> pd.DataFrame:
    outcome = np.random.default_rng(9).normal(0, 1, len(x)) if y is None else y
    return typed(pd.DataFrame({"day": np.arange(len(x)) + day, "x": x, "y": outcome}), CONTRACT)


@pytest.fixture
def judged(lock: Lock) -> Callable[[pd.DataFrame, pd.DataFrame], Verdict]:
    return lambda then, now: asked(now, CONTRACT, lock(then, CONTRACT), 1.0)


Judged = Callable[[pd.DataFrame, pd.DataFrame], Verdict]


@pytest.mark.parametrize("mistake", MISTAKES)
@pytest.mark.parametrize("count", [300, 3000])
def test_another_unit_fails_whichever_way_it_was_changed(judged: Judged, mistake: str, count: int) -> None:
    name, change = MISTAKES[mistake]
    draw = np.random.default_rng(0)
    right, wrong = rows(COLUMNS[name](draw, 2000)), rows(change(COLUMNS[name](draw, count)))
    for then, now in ((right, wrong), (wrong, right)):
        verdict = judged(then, now)
        assert (verdict.outcome, verdict.blocking) == ("fail", True)
        assert "x: the " in verdict.reason
        assert "y:" not in verdict.reason
        assert verdict.advice


@pytest.mark.parametrize("name", COLUMNS)
def test_a_resample_of_300_rows_passes(judged: Judged, name: str) -> None:
    draw = np.random.default_rng(1)
    for _ in range(20):
        verdict = judged(rows(COLUMNS[name](draw, 300)), rows(COLUMNS[name](draw, 300)))
        assert verdict.outcome == "pass"


@pytest.mark.parametrize(
    "values",
    [
        lambda draw, n: draw.integers(0, 2, n) * 1.0,
        lambda draw, n: draw.poisson(1.4, n) * 1.0,
        lambda draw, n: np.where(draw.random(n) < 0.75, 0.0, 100.0),
        lambda draw, n: np.where(draw.random(n) < 0.25, draw.normal(0, 1, n), draw.normal(100, 1, n)),
        lambda draw, n: np.where(draw.random(n) < 0.97, 0.0, draw.lognormal(8, 2, n)),
    ],
    ids=["a flag", "counts", "a quartile on an edge", "two humps", "hardly ever"],
)
def test_ties_gaps_and_rare_values_are_no_jump(judged: Judged, values: Draw) -> None:
    draw = np.random.default_rng(2)
    for _ in range(20):
        assert judged(rows(values(draw, 300)), rows(values(draw, 300))).outcome != "fail"


def test_a_column_that_is_mostly_zero_is_measured_at_its_ends(judged: Judged) -> None:
    draw = np.random.default_rng(3)
    then, now = (np.where(draw.random(3000) < 0.9, 0.0, draw.gamma(4, 800, 3000)) for _ in range(2))
    verdict = judged(rows(then), rows(now * 100))
    assert verdict.outcome == "fail"
    assert "99 % quantile" in verdict.reason
    assert judged(rows(then), rows(now)).outcome == "pass"


def test_a_mark_for_unknown_values_fails(judged: Judged) -> None:
    draw = np.random.default_rng(4)
    then, now = draw.normal(50, 10, 3000), draw.normal(50, 10, 3000)
    now[:120] = -999
    verdict = judged(rows(then), rows(now))
    assert verdict.outcome == "fail"
    assert "the 1 % quantile was 2" in verdict.reason
    assert "is -999" in verdict.reason


def test_too_few_rows_to_be_sure_are_inconclusive_and_do_not_block(judged: Judged) -> None:
    draw = np.random.default_rng(5)
    verdict = judged(rows(draw.normal(0, 1, 1000)), rows(draw.normal(1.5, 1, 12)))
    assert (verdict.outcome, verdict.blocking) == ("inconclusive", False)
    assert "Too few rows" in verdict.reason
    assert verdict.advice


def test_a_snapshot_of_long_ago_that_was_small_leaves_doubt_too(judged: Judged) -> None:
    draw = np.random.default_rng(5)
    verdict = judged(rows(draw.normal(0, 1, 12)), rows(draw.normal(1.5, 1, 5000)))
    assert verdict.outcome != "fail"


def test_a_numeric_outcome_is_asked_too_and_the_event_time_is_not(judged: Judged) -> None:
    draw = np.random.default_rng(6)
    x, y = draw.normal(0, 1, 500), draw.normal(10, 2, 500)
    assert judged(rows(x, y=y), rows(x, y=y, day=100_000)).outcome == "pass"
    verdict = judged(rows(x, y=y), rows(x, y=y * 10))
    assert verdict.outcome == "fail"
    assert "y: the " in verdict.reason


@pytest.mark.parametrize(("now", "outcome"), [(5.0, "pass"), (6.0, "fail")])
def test_a_column_of_one_value_may_not_take_another(judged: Judged, now: float, outcome: str) -> None:
    verdict = judged(rows(np.full(300, 5.0)), rows(np.full(300, now)))
    assert verdict.outcome == outcome
    if outcome == "fail":
        assert "nearly every row has that value" in verdict.reason


def test_what_has_no_values_now_or_then_is_left_out(judged: Judged) -> None:
    full, empty = rows(np.arange(300.0)), rows(np.full(300, np.nan))
    for then, now in ((full, empty), (empty, full)):
        assert [figure.name for figure in judged(then, now).figures] == ["jump:y"]


def test_a_move_is_measured_in_widths_of_the_middle_half(judged: Judged) -> None:
    then = np.linspace(0, 100, 10_001)
    figure = judged(rows(then), rows(then + 25)).figures[0]
    assert figure.value == pytest.approx(0.5, abs=0.01)
    assert figure.interval is not None
    assert figure.interval.low < 0.5 < figure.interval.high
    assert figure.interval.high - figure.interval.low < 0.15


def test_the_limit_is_the_policys(lock: Lock) -> None:
    then = np.linspace(0, 100, 10_001)
    before, now = lock(rows(then), CONTRACT), rows(then + 25)
    assert asked(now, CONTRACT, before, 1.0).outcome == "pass"
    verdict = asked(now, CONTRACT, before, 0.2)
    assert (verdict.outcome, verdict.threshold) == ("fail", 0.2)
