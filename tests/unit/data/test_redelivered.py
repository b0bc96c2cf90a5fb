from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from trunkline.core.contract import Contract, Role
from trunkline.core.policy.data import DataPolicy, Split
from trunkline.core.policy.gates import DataGates
from trunkline.core.snapshots import Part
from trunkline.core.verdicts import Verdict
from trunkline.data import split_rows
from trunkline.data.case import SnapshotCase
from trunkline.data.redelivered import Redelivered

Parts = dict[Part, pd.DataFrame]
MakeRows = Callable[[int], pd.DataFrame]
LIMIT = 0.05


def asked(parts: Parts, contract: Contract, limit: float) -> Verdict:
    rules = DataGates(redelivered=limit)
    return Redelivered().verdict(SnapshotCase(parts, contract, DataPolicy(), rules, "stratified"))


def with_user(contract: Contract) -> Contract:
    """The contract, with the region as the user."""
    columns = tuple(
        column.model_copy(update={"role": Role.USER}) if column.name == "region" else column
        for column in contract.columns
    )
    return contract.model_copy(update={"columns": columns})


def again(rows: pd.DataFrame, share: float) -> pd.DataFrame:
    """The rows and some of them once more, under new keys and dates."""
    twice = rows.sample(frac=share, random_state=3)
    keys = np.arange(90_000, 90_000 + len(twice))
    return pd.concat([rows, twice.assign(loan=keys, year=2011 + keys % 3)], ignore_index=True)


def judged(rows: pd.DataFrame, contract: Contract, split: Split | None = None) -> Verdict:
    return asked(split_rows(rows, contract, split or Split()), contract, LIMIT)


def test_rows_under_a_new_key_and_a_new_date_are_found(make_rows: MakeRows, contract: Contract) -> None:
    verdict = judged(again(make_rows(2000), 0.3), contract)
    assert (verdict.outcome, verdict.stops) == ("fail", True)
    assert verdict.figures[0].name == "redelivered"
    assert verdict.figures[0].interval is not None
    assert verdict.figures[0].interval.low > LIMIT
    assert "gates.data.redelivered" in verdict.advice


def test_rows_delivered_again_as_the_newest_are_found_in_a_temporal_split(
    make_rows: MakeRows, contract: Contract
) -> None:
    assert judged(again(make_rows(2000), 0.3), contract, Split(method="temporal")).outcome == "fail"


def test_a_test_part_that_is_wholly_learned_is_found_however_often_it_came(
    parts: Parts, contract: Contract
) -> None:
    for times in (1, 2, 5):
        copies = pd.concat([parts["test"].assign(year=1990 + n) for n in range(times)], ignore_index=True)
        learned = pd.concat([parts["train"], copies], ignore_index=True)
        planted: Parts = {"train": learned, "validation": parts["validation"], "test": parts["test"]}
        assert asked(planted, contract, LIMIT).outcome == "fail", times


@pytest.mark.parametrize("seed", range(5))
def test_coarse_rows_that_meet_by_chance_pass(contract: Contract, make_rows: MakeRows, seed: int) -> None:
    draw = np.random.default_rng(seed)
    # From contents seen hundreds of times to contents seen once: what few columns of people look like.
    rows = make_rows(3000).assign(income=draw.zipf(1.4, 3000).clip(max=10_000).astype(float), debts=1)
    verdict = judged(rows, contract)
    assert verdict.figures[1].value > 0.5
    assert verdict.outcome == "pass", verdict.reason


def test_readings_that_stay_the_same_for_a_while_pass(contract: Contract, make_rows: MakeRows) -> None:
    draw = np.random.default_rng(1)
    steps = np.cumsum(draw.random(3000) < 0.5).astype(float)
    rows = make_rows(3000).assign(income=steps, debts=1, region="north", paid="yes")
    rows.loc[::2, "paid"] = np.where(steps[::2] % 2 == 0, "yes", "no")
    assert judged(rows, contract).outcome == "pass"


def test_users_who_come_back_unchanged_are_no_redelivery(make_rows: MakeRows, contract: Contract) -> None:
    rows = make_rows(1000)
    months = pd.concat([rows.assign(loan=rows["loan"] + 1000 * n, year=2000 + n) for n in (0, 1)])
    months = months.assign(region=[f"customer {n}" for n in months["loan"] % 1000]).reset_index(drop=True)
    temporal = Split(method="temporal")
    assert judged(months, with_user(contract), temporal).outcome == "pass"
    userless = tuple(column for column in contract.columns if column.name != "region")
    stranger = contract.model_copy(update={"columns": userless})
    assert judged(months, stranger, temporal).outcome == "fail"


def test_a_new_user_does_not_hide_a_row_that_came_before(make_rows: MakeRows, contract: Contract) -> None:
    rows = again(make_rows(2000), 0.3)
    named = rows.assign(region=[f"customer {n}" for n in rows["loan"]])
    assert judged(named, with_user(contract)).outcome == "fail"


def test_a_share_whose_interval_reaches_back_over_the_limit_does_not_block(
    parts: Parts, contract: Contract
) -> None:
    learned = pd.concat([parts["train"], parts["test"].head(110)], ignore_index=True)
    planted: Parts = {"train": learned, "validation": parts["validation"], "test": parts["test"]}
    value = asked(planted, contract, LIMIT).figures[0].value
    verdict = asked(planted, contract, value - 0.005)
    assert (verdict.outcome, verdict.blocking) == ("inconclusive", False)
    assert "reaches back" in verdict.reason
