from __future__ import annotations

from pathlib import Path

import pandas as pd
import pandera.pandas as pa
import pytest

from trunkline.core.contract import Contract, Role
from trunkline.core.errors import PolicyError
from trunkline.core.gate import gates as own
from trunkline.core.policy.data import DataPolicy, Split
from trunkline.core.policy.gates import DataGates, Gates
from trunkline.core.snapshots import DataLock, Part, SnapshotManifest, Window
from trunkline.core.verdicts import Verdict
from trunkline.data import Snapshot, check_snapshot
from trunkline.data.summaries import column_summaries

Parts = dict[Part, pd.DataFrame]
EVERY = [
    "data/rows",
    "data/classes",
    "data/duplicates",
    "data/redelivered",
    "data/conflicts",
    "data/leakage",
    "data/time-leakage",
    "data/user-leakage",
    "data/nulls",
    "data/new-categories",
    "data/jumps",
    "data/label-shift",
]


def with_user(contract: Contract) -> Contract:
    """The contract, with the debts as the user: what the column holds is of no account here."""
    columns = tuple(
        column.model_copy(update={"role": Role.USER}) if column.name == "debts" else column
        for column in contract.columns
    )
    return contract.model_copy(update={"columns": columns})


def manifest_of(parts: Parts, method: str = "stratified") -> SnapshotManifest:
    return SnapshotManifest(
        files={},
        rows={name: len(rows) for name, rows in parts.items()},
        split=Split.model_validate({"method": method}).model_dump(mode="json"),
        window=Window(),
        sources={},
    )


def check(
    parts: Parts, contract: Contract, gates: DataGates, *, method: str = "stratified", champion: bool = False
) -> dict[str, Verdict]:
    manifest = manifest_of(parts, method)
    snapshot = Snapshot("sha256:0", manifest, Path("nowhere"), contract, parts)
    lock = DataLock(
        snapshot="sha256:1",
        rows=manifest.rows,
        window=Window(),
        sources={},
        columns=column_summaries(pd.concat(parts.values()), contract),
    )
    verdicts = check_snapshot(snapshot, DataPolicy(), Gates(data=gates), previous=lock if champion else None)
    assert len({verdict.gate for verdict in verdicts}) == len(verdicts)
    return {verdict.gate: verdict for verdict in verdicts}


def test_sound_rows_pass_every_gate_beside_a_champion_too(parts: Parts, contract: Contract) -> None:
    for champion in (False, True):
        verdicts = check(parts, contract, DataGates(), champion=champion)
        assert list(verdicts) == [name for name in EVERY if name != "data/user-leakage"]
        assert {verdict.outcome for verdict in verdicts.values()} == {"pass"}
        for verdict in verdicts.values():
            assert verdict.question
            assert verdict.reason
            assert verdict.threshold is not None
            assert not verdict.advice


def test_the_report_asks_what_explain_says_unless_the_gate_names_columns(
    parts: Parts, contract: Contract
) -> None:
    asked = {gate.name: gate.question for gate in own("data")}
    verdicts = check(parts, with_user(contract), DataGates(), champion=True)
    others = {name for name, verdict in verdicts.items() if verdict.question != asked[name]}
    assert others == {"data/leakage", "data/time-leakage"}


def test_with_all_the_columns_every_gate_is_asked(parts: Parts, contract: Contract) -> None:
    assert list(check(parts, with_user(contract), DataGates())) == EVERY


def test_with_the_schema_of_now_the_rows_are_asked_it_first(
    parts: Parts, contract: Contract, schema: type[pa.DataFrameModel]
) -> None:
    snapshot = Snapshot("sha256:0", manifest_of(parts), Path("nowhere"), contract, parts)
    verdicts = check_snapshot(snapshot, DataPolicy(), Gates(), schema=schema)
    assert (verdicts[0].gate, verdicts[0].outcome) == ("data/contract", "pass")


def test_a_question_whose_limit_is_null_is_not_asked(parts: Parts, contract: Contract) -> None:
    gates = DataGates(
        redelivered=None,
        conflicts=None,
        time_leakage=None,
        nulls=None,
        new_categories=None,
        jump=None,
        label_shift=None,
    )
    assert list(check(parts, contract, gates)) == [*EVERY[:3], "data/leakage"]


def test_the_split_that_the_snapshot_was_cut_by_decides(parts: Parts, contract: Contract) -> None:
    verdict = check(parts, contract, DataGates(), method="temporal")["data/time-leakage"]
    assert verdict.outcome == "fail"
    assert "newer than the oldest row of the test part" in verdict.reason


def test_red_answers_say_what_to_do(parts: Parts, contract: Contract) -> None:
    gates = DataGates(conflicts=0.0, leakage=0.5, nulls=0.0)
    planted: Parts = {name: rows.assign(year=2000, income=1.0, debts=1) for name, rows in parts.items()}
    red = [one for one in check(planted, contract, gates).values() if one.outcome != "pass"]
    assert {one.gate for one in red} >= {"data/conflicts", "data/nulls"}
    assert all(one.advice for one in red)


def test_a_null_limit_of_time_leakage_leaves_the_order_of_a_temporal_split_asked(
    parts: Parts, contract: Contract
) -> None:
    verdicts = check(parts, contract, DataGates(time_leakage=None), method="temporal")
    assert verdicts["data/time-leakage"].outcome == "fail"


def test_a_gate_is_asked_with_its_own_section(parts: Parts, contract: Contract) -> None:
    snapshot = Snapshot("sha256:0", manifest_of(parts), Path("nowhere"), contract, parts)
    own = Gates.model_validate({"data/rows": {"least": 3}})
    with pytest.raises(PolicyError, match="data/rows has settings"):
        check_snapshot(snapshot, DataPolicy(), own)
