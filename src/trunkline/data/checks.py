"""The gates that a snapshot must pass before a model is made of it."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import pandera.pandas as pa

from trunkline.core.policy.data import DataPolicy
from trunkline.core.policy.gates import DataGates
from trunkline.core.snapshots import DataLock
from trunkline.core.verdicts import Verdict

from .comparison import compare
from .conflicts import judge_conflicts
from .duplicates import judge_duplicates
from .followed import followed
from .kept_contract import judge_contract
from .leakage import judge_leakage
from .nulls import judge_nulls
from .redelivered import judge_redelivered
from .snapshot import Snapshot
from .split import PARTS
from .sufficiency import judge_classes, judge_rows
from .time_leakage import judge_time_leakage
from .user_leakage import judge_user_leakage


def check_snapshot(
    snapshot: Snapshot,
    policy: DataPolicy,
    gates: DataGates,
    *,
    previous: DataLock | None = None,
    schema: type[pa.DataFrameModel] | None = None,
    follows: Mapping[str, str] | None = None,
) -> tuple[Verdict, ...]:
    """Return the verdicts of every data gate that the policy asks and that the contract has columns for.

    `previous` is the lock of the champion's snapshot, where there is a champion; `schema` the pandera
    model of the project as it is now, without which data/contract is not asked; `follows` the columns whose move a
    retraining follows.
    """
    parts = {name: snapshot.part(name) for name in PARTS}
    contract, method = snapshot.contract, str(snapshot.manifest.split["method"])
    said = [
        None if schema is None else judge_contract(parts, contract, schema),
        judge_rows(parts, policy),
        judge_classes(parts, contract),
        judge_duplicates(parts, contract, gates),
        None if gates.redelivered is None else judge_redelivered(parts, contract, gates.redelivered),
        None if gates.conflicts is None else judge_conflicts(parts, contract, gates.conflicts),
        judge_leakage(parts, contract, gates),
        judge_time_leakage(parts, contract, method, gates),
        judge_user_leakage(parts, contract, method),
        None if gates.nulls is None else judge_nulls(parts, contract, gates.nulls),
    ]
    rows = pd.concat([parts[name] for name in PARTS], ignore_index=True)
    return (
        *(verdict for verdict in said if verdict is not None),
        *(followed(verdict, follows or {}) for verdict in compare(rows, contract, previous, gates)),
    )
