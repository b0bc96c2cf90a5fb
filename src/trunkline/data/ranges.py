"""The range of a contract's column: what pandera's checks and the type say, with inclusive ends."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa

from trunkline.core.contract import Type
from trunkline.core.errors import ContractError

SMALLEST_STEP = 1e-6
"""By which an open end of a time moves, in seconds."""


def range_of(name: str, field: pa.Column, kind: Type) -> tuple[float | None, float | None]:
    """Return the least and the greatest value of a column, None where an end is open (times in seconds since 1970).

    Raises ContractError where an end is no value of the column, or none lies between them.
    """
    lows: list[float] = []
    highs: list[float] = []
    declared = re.fullmatch(r"u?int(8|16|32)|uint64", str(field.dtype).lower())
    if declared and kind == "integer":
        ends = np.iinfo(declared[0])
        lows.append(float(ends.min))
        highs += [float(ends.max)] * (ends.bits < 64)
    for check in field.checks:
        found: Mapping[str, Any] = check.statistics or {}
        if check.name == "greater_than_or_equal_to":
            lows.append(_end(name, kind, found["min_value"], step=0))
        elif check.name == "less_than_or_equal_to":
            highs.append(_end(name, kind, found["max_value"], step=0))
        elif check.name == "greater_than":
            lows.append(_end(name, kind, found["min_value"], step=1))
        elif check.name == "less_than":
            highs.append(_end(name, kind, found["max_value"], step=-1))
        elif check.name == "equal_to" and kind in ("integer", "number", "time"):
            lows.append(_end(name, kind, found["value"], step=0))
            highs.append(lows[-1])
        elif check.name == "in_range":
            lows.append(_end(name, kind, found["min_value"], step=0 if found["include_min"] else 1))
            highs.append(_end(name, kind, found["max_value"], step=0 if found["include_max"] else -1))
    low, high = max(lows, default=None), min(highs, default=None)
    if low is not None and high is not None and low > high:
        raise ContractError(
            f"{name}: no value lies in its range.", value=(low, high), next_step="correct its ends"
        )
    return low, high


def _end(name: str, kind: Type, value: Any, *, step: int) -> float:
    if kind == "time" and isinstance(value, date):
        stamp = pd.Timestamp(value)
        return (stamp if stamp.tz else stamp.tz_localize("UTC")).timestamp() + step * SMALLEST_STEP
    value = value.item() if isinstance(value, np.generic) else value
    if kind not in ("integer", "number") or isinstance(value, bool) or not isinstance(value, int | float):
        raise ContractError(f"{name}: a range needs a numeric column and numeric ends.", value=value)
    if kind == "number" and step:
        raise ContractError(
            f"{name}: the ends of a range are inclusive in a contract, and gt or lt on a fractional number is not.",
            value=value,
            next_step="use ge or le with the least or greatest value that is still right",
        )
    if kind == "number":
        return float(value)
    if step:
        return float(math.floor(value) + 1 if step > 0 else math.ceil(value) - 1)
    return float(value)
