"""The range of a contract's column: what pandera's checks and the type say, with inclusive ends."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandera.pandas as pa

from trunkline.core.errors import ContractError
from trunkline.inputs import InputType


def range_of(field: pa.Column, held: InputType) -> tuple[float | None, float | None]:
    """Return the least and the greatest value of a column, None where an end is open (times in seconds since 1970).

    Raises ContractError where an end is no value of the column, or none lies between them.
    """
    lows: list[float] = []
    highs: list[float] = []
    declared = re.fullmatch(r"u?int(8|16|32)|uint64", str(field.dtype).lower())
    if declared and held.whole:
        ends = np.iinfo(declared[0])
        lows.append(float(ends.min))
        highs += [float(ends.max)] * (ends.bits < 64)
    for check in field.checks:
        said: Mapping[str, Any] = check.statistics or {}
        found = {key: value.item() if isinstance(value, np.generic) else value for key, value in said.items()}
        if check.name == "greater_than_or_equal_to":
            lows.append(held.end(found["min_value"], 0))
        elif check.name == "less_than_or_equal_to":
            highs.append(held.end(found["max_value"], 0))
        elif check.name == "greater_than":
            lows.append(held.end(found["min_value"], 1))
        elif check.name == "less_than":
            highs.append(held.end(found["max_value"], -1))
        elif check.name == "equal_to" and held.ranged:
            lows.append(held.end(found["value"], 0))
            highs.append(lows[-1])
        elif check.name == "in_range":
            lows.append(held.end(found["min_value"], 0 if found["include_min"] else 1))
            highs.append(held.end(found["max_value"], 0 if found["include_max"] else -1))
    low, high = max(lows, default=None), min(highs, default=None)
    if low is not None and high is not None and low > high:
        raise ContractError(
            f"{held.column.name}: no value lies in its range.",
            value=(low, high),
            next_step="correct its ends",
        )
    return low, high
