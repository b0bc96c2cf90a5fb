from __future__ import annotations

import numpy as np
import pandas as pd

from trunkline.core.contract import Contract
from trunkline.core.policy.data import DataPolicy
from trunkline.core.policy.gates import DataGates
from trunkline.core.snapshots import Part
from trunkline.core.verdicts import Verdict
from trunkline.data.case import SnapshotCase
from trunkline.data.leakage import Leakage

Parts = dict[Part, pd.DataFrame]


def judged(parts: Parts, contract: Contract, rules: DataGates) -> Verdict:
    return Leakage().verdict(SnapshotCase(parts, contract, DataPolicy(), rules, "stratified"))


def test_a_target_leaked_into_a_feature_fails(parts: Parts, contract: Contract) -> None:
    planted: Parts = {
        name: rows.assign(region=rows["paid"].map({"no": "north", "yes": "south"}))
        for name, rows in parts.items()
    }
    verdict = judged(planted, contract, DataGates())
    assert verdict.outcome == "fail"
    assert "region (AUC 1.000)" in verdict.reason
    assert "debts" not in verdict.reason
    assert verdict.advice


def test_a_target_leaked_into_a_number_fails(parts: Parts, contract: Contract) -> None:
    planted: Parts = {
        name: rows.assign(income=np.where(rows["paid"] == "no", 3.0, 4.0)) for name, rows in parts.items()
    }
    assert "income (AUC 1.000)" in judged(planted, contract, DataGates()).reason


def test_a_leak_in_the_test_part_alone_does_not_count(parts: Parts, contract: Contract) -> None:
    test = parts["test"]
    leaky = test.assign(region=test["paid"].map({"no": "north", "yes": "south"}))
    before = judged(parts, contract, DataGates())
    assert judged(parts | {"test": leaky}, contract, DataGates()) == before


def test_a_threshold_inside_the_interval_is_inconclusive(parts: Parts, contract: Contract) -> None:
    best = max(judged(parts, contract, DataGates()).figures, key=lambda f: f.value)
    verdict = judged(parts, contract, DataGates(leakage=best.value + 0.01))
    assert (verdict.outcome, verdict.blocking) == ("inconclusive", False)
    assert "too few to rule out" in verdict.reason
    assert verdict.advice


def test_too_few_rows_to_measure_a_feature_are_inconclusive(parts: Parts, contract: Contract) -> None:
    tiny: Parts = {name: rows.head(3) for name, rows in parts.items()}
    verdict = judged(tiny, contract, DataGates())
    assert (verdict.outcome, verdict.blocking) == ("inconclusive", True)
    assert "6 rows are too few" in verdict.reason
