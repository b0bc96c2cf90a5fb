from __future__ import annotations

import numpy as np
import pandas as pd

from trunkline.core.contract import Contract
from trunkline.core.policy.data import DataPolicy
from trunkline.core.policy.gates import DataGates
from trunkline.core.snapshots import Part
from trunkline.core.verdicts import Verdict
from trunkline.data.case import SnapshotCase
from trunkline.data.nulls import Nulls

Parts = dict[Part, pd.DataFrame]


def judged(parts: Parts, contract: Contract, limit: float) -> Verdict:
    return Nulls().verdict(SnapshotCase(parts, contract, DataPolicy(), DataGates(nulls=limit), "stratified"))


def test_features_with_some_nulls_pass_and_the_most_is_named(parts: Parts, contract: Contract) -> None:
    verdict = judged(parts, contract, 0.95)
    assert verdict.outcome == "pass"
    assert "income has the most nulls" in verdict.reason
    assert [figure.name for figure in verdict.figures] == ["nulls:income", "nulls:debts", "nulls:region"]


def test_a_feature_that_lost_its_values_fails(parts: Parts, contract: Contract) -> None:
    planted: Parts = {name: rows.assign(income=np.nan) for name, rows in parts.items()}
    verdict = judged(planted, contract, 0.95)
    assert (verdict.outcome, verdict.blocking) == ("fail", True)
    assert "income (100 %)" in verdict.reason
    assert "same in every row" not in verdict.reason
    assert verdict.advice


def test_a_feature_with_one_value_fails_whatever_the_limit(parts: Parts, contract: Contract) -> None:
    planted: Parts = {name: rows.assign(debts=2) for name, rows in parts.items()}
    verdict = judged(planted, contract, 1.0)
    assert verdict.outcome == "fail"
    assert "The same in every row: debts." in verdict.reason


def test_one_value_and_nulls_still_say_something(parts: Parts, contract: Contract) -> None:
    planted: Parts = {
        name: rows.assign(region=rows["region"].where(rows["debts"] > 10).mask(rows["debts"] > 10, "north"))
        for name, rows in parts.items()
    }
    assert judged(planted, contract, 0.95).outcome == "pass"


def test_what_is_learned_from_decides_and_not_the_test_part(parts: Parts, contract: Contract) -> None:
    planted = parts | {"test": parts["test"].assign(income=np.nan, debts=2)}
    assert judged(planted, contract, 0.95).outcome == "pass"


def test_a_limit_within_the_interval_is_inconclusive_and_does_not_block(
    parts: Parts, contract: Contract
) -> None:
    share = judged(parts, contract, 0.95).figures[0].value
    verdict = judged(parts, contract, share - 0.005)
    assert (verdict.outcome, verdict.blocking) == ("inconclusive", False)
    assert "Too few rows" in verdict.reason
    assert verdict.advice
