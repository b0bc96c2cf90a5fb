"""The gates that a snapshot must pass before a model is made of it."""

from __future__ import annotations

from collections.abc import Mapping

import pandera.pandas as pa

from trunkline.core.gate import gates as own
from trunkline.core.gate import with_rules
from trunkline.core.policy.data import DataPolicy
from trunkline.core.policy.gates import Gates
from trunkline.core.snapshots import DataLock
from trunkline.core.verdicts import Verdict
from trunkline.tasks import task_of

from .case import SnapshotCase
from .interface import Interface, InterfaceCase
from .snapshot import Snapshot
from .split import PARTS


def check_snapshot(
    snapshot: Snapshot,
    policy: DataPolicy,
    gates: Gates,
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
    case = SnapshotCase(
        {name: snapshot.part(name) for name in PARTS},
        snapshot.contract,
        policy,
        gates.data,
        str(snapshot.manifest.split["method"]),
        previous,
        schema,
        follows or {},
    )
    unasked = task_of(snapshot.contract).unasked
    return tuple(
        verdict
        for gate in own("data")
        if gate is not Interface and gate.name not in unasked
        for verdict in with_rules(gate, gates).verdicts(case)
    )


def check_interface(case: InterfaceCase, gates: Gates) -> Verdict:
    """Return what data/interface says: it looks at no rows, so that it is asked without a snapshot too."""
    return with_rules(Interface, gates).verdict(case)
