"""Who gets which model: the one place where traffic is split."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Literal

from trunkline.core.contract import Contract, as_label
from trunkline.core.release import Release

RoutedArm = Literal["champion", "challenger"]


def position(salt: str, key: str) -> float:
    """Return where a key lies in [0, 1): the same in every process, uniform over keys."""
    digest = hashlib.sha256((salt + key).encode()).digest()
    # 53 bits, because a float holds no more: a larger fraction could round up to 1.0.
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53


def choose(release: Release, user_key: str | None, prediction_id: str) -> RoutedArm:
    """Return the arm that answers.

    In a canary, users whose position lies below the share get the challenger, so whoever has it keeps it
    as the share grows. A request with no user key is placed by its own id.
    """
    if release.strategy != "canary" or release.challenger is None:
        return "champion"
    key = prediction_id if user_key is None else user_key
    return "challenger" if position(release.salt, key) < release.share else "champion"


def user_key(contract: Contract, row: Mapping[str, object]) -> str | None:
    """Return the text by which a row's user is placed, or None when the row names none."""
    column = contract.sticky
    value = row.get(column.name) if column else None
    return None if value is None else as_label(value)
