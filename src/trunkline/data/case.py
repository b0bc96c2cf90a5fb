"""The case: what the gates are asked about a snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd
import pandera.pandas as pa

from trunkline.core.contract import Contract
from trunkline.core.policy.data import DataPolicy
from trunkline.core.policy.gates import DataGates
from trunkline.core.snapshots import DataLock

from .split import PARTS, Parts


@dataclass(frozen=True)
class SnapshotCase:
    """A snapshot's parts, and all that goes with them.

    `method` is how it was split, `previous` the lock of the champion's snapshot, where there is a champion, `schema`
    the pandera model of the project as it is now, `follows` the columns whose move a retraining follows.
    """

    parts: Parts
    contract: Contract
    policy: DataPolicy
    rules: DataGates
    method: str
    previous: DataLock | None = None
    schema: type[pa.DataFrameModel] | None = None
    follows: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def rows(self) -> pd.DataFrame:
        """Return the rows of all parts."""
        return pd.concat([self.parts[name] for name in PARTS], ignore_index=True)
