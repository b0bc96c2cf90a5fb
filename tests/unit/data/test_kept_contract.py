from __future__ import annotations

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest

from trunkline.core.contract import Contract
from trunkline.core.policy.data import DataPolicy
from trunkline.core.policy.gates import DataGates
from trunkline.core.snapshots import Part
from trunkline.core.verdicts import Verdict
from trunkline.data.case import SnapshotCase
from trunkline.data.kept_contract import KeptContract
from trunkline.data.schema import contract_from

Parts = dict[Part, pd.DataFrame]
Schema = type[pa.DataFrameModel]


def judged(parts: Parts, taken: Contract, schema: Schema) -> Verdict:
    case = SnapshotCase(parts, taken, DataPolicy(), DataGates(), "stratified", schema=schema)
    (verdict,) = KeptContract().verdicts(case)
    return verdict


def test_rows_that_keep_the_contract_pass_and_it_is_said_what_was_asked(
    parts: Parts, contract: Contract, schema: Schema
) -> None:
    verdict = judged(parts, contract, schema)
    assert (verdict.outcome, verdict.threshold) == ("pass", 0)
    # 6 types, 4 columns that may not be null, and 5 checks: the two ends of debts are two.
    assert verdict.reason == "All 600 rows keep the 15 rules for 6 columns."
    assert [(one.name, one.value, one.rows) for one in verdict.figures] == [("rules_broken", 0, 600)]


def test_a_row_that_breaks_a_rule_is_counted_and_shown(
    parts: Parts, contract: Contract, schema: Schema
) -> None:
    broken = parts["test"].assign(debts=np.where(np.arange(len(parts["test"])) < 3, 99, 1), region="east")
    verdict = judged(parts | {"test": broken}, contract, schema)
    assert verdict.stops
    assert "debts must be a whole number from 0 to 20, broken by 3 rows (as 99)" in verdict.reason
    assert (
        f"region must be one of north, south, or null, broken by {len(broken)} rows (as 'east')"
        in verdict.reason
    )
    shares = {one.name: one.value for one in verdict.figures}
    assert shares == pytest.approx(
        {"rules_broken": 2, "broken:debts": 3 / 600, "broken:region": len(broken) / 600}
    )
    assert "trunkline snapshot" in verdict.advice


def test_a_contract_that_was_narrowed_since_names_column_rule_and_rows(
    parts: Parts, contract: Contract, schema: Schema
) -> None:
    class Narrowed(schema):  # type: ignore[valid-type, misc]
        debts: int = pa.Field(ge=0, le=10)

    over = sum(int((rows["debts"] > 10).sum()) for rows in parts.values())
    verdict = judged(parts, contract, Narrowed)
    assert verdict.outcome == "fail"
    assert f"debts must be a whole number from 0 to 10, broken by {over} rows" in verdict.reason
    assert "taken by another contract: debts changed since" in verdict.reason


def test_a_contract_that_was_widened_since_fails_though_every_row_keeps_it(
    parts: Parts, contract: Contract, schema: Schema
) -> None:
    class Widened(schema):  # type: ignore[valid-type, misc]
        debts: int = pa.Field(ge=0, le=50)
        savings: float

    verdict = judged(parts, contract, Widened)
    assert verdict.outcome == "fail"
    assert "savings is missing" in verdict.reason
    assert "debts, savings changed since" in verdict.reason


def test_other_words_for_the_same_rules_are_no_change(
    parts: Parts, contract: Contract, schema: Schema
) -> None:
    class Described(schema):  # type: ignore[valid-type, misc]
        debts: int = pa.Field(ge=0, le=20, description="Open loans", metadata={"unit": "loans"})

    assert judged(parts, contract, Described).outcome == "pass"


def test_rules_over_rows_are_asked_and_rules_over_the_whole_table_are_not(
    parts: Parts, contract: Contract, schema: Schema
) -> None:
    class Ruled(schema):  # type: ignore[valid-type, misc]
        @pa.dataframe_check
        @classmethod
        def young(cls, rows: pd.DataFrame) -> pd.Series:
            return rows["year"] + rows["debts"] < 2040

        @pa.dataframe_check
        @classmethod
        def many(cls, rows: pd.DataFrame) -> bool:
            return len(rows) > 100_000

    assert contract_from(Ruled) == contract.model_copy(update={"name": contract_from(Ruled).name})
    assert judged(parts, contract, Ruled).outcome == "pass"
    old = parts | {"train": parts["train"].assign(year=2050, debts=5)}
    verdict = judged(old, contract, Ruled)
    assert verdict.outcome == "fail"
    assert "the row must keep young" in verdict.reason
    assert "many" not in verdict.reason


def test_rows_that_were_parsed_when_they_were_taken_are_not_parsed_again(
    parts: Parts, contract: Contract, schema: Schema
) -> None:
    class Parsed(schema):  # type: ignore[valid-type, misc]
        @pa.parser("debts")
        @classmethod
        def in_dozens(cls, values: pd.Series) -> pd.Series:
            return values + 1000

    assert judged(parts, contract, Parsed).outcome == "pass"


def test_a_rule_that_raises_keeps_no_row(parts: Parts, contract: Contract, schema: Schema) -> None:
    class Broken(schema):  # type: ignore[valid-type, misc]
        @pa.check("debts")
        @classmethod
        def sound(cls, values: pd.Series) -> pd.Series:
            raise TypeError(f"{values.name} are no words")

    verdict = judged(parts, contract, Broken)
    assert verdict.stops
    assert "debts cannot be tested by sound" in verdict.reason
    assert "debts are no words" in verdict.reason
