"""Texts that are all times: the contract calls them text, so the service does not check them."""

from __future__ import annotations

import pandas as pd

from trunkline.core.contract import Contract
from trunkline.core.errors import DataError
from trunkline.core.times import read_time
from trunkline.inputs import input_of

LEAST = len("2024-05-31")
"""Characters of a day: four digits alone may be anything."""
SHOWN = 5


def text_times(rows: pd.DataFrame, contract: Contract) -> tuple[str, ...]:
    """Return the columns that the contract calls texts, and in which every value is a day or a time in ISO 8601."""
    held = map(input_of, contract.columns)
    texts = (one.column.name for one in held if one.free and one.stored == "str")
    return tuple(name for name in texts if len(values := rows[name].dropna()) and all(map(_is_time, values)))


def require_times(rows: pd.DataFrame, names: tuple[str, ...], *, origin: str) -> None:
    """Raise DataError when these columns, which are times in the source, hold another text in `rows`."""
    for name in names:
        values = rows[name].dropna()
        if len(strange := values[~values.map(_is_time).astype(bool)]):
            raise DataError(
                f"In {origin} {name} is no time in {len(strange):,} rows, and in the source it always is.",
                value=strange.unique().tolist()[:SHOWN],
                next_step=f"declare `{name}: pd.Timestamp` in contract.py, so that the service refuses such a request",
            )


def _is_time(text: str) -> bool:
    if len(text) < LEAST:
        return False
    try:
        read_time(text)
    except ValueError:
        return False
    return True
