from __future__ import annotations

import pandas as pd
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import DataError
from trunkline.data.text_times import require_times, text_times

CONTRACT = Contract(
    name="c",
    columns=(
        Column(name="when", type="text", nullable=True),
        Column(name="year", type="text"),
        Column(name="note", type="text"),
        Column(name="y", type="number", role=Role.OUTCOME),
    ),
)
SOURCE = pd.DataFrame(
    {
        "when": ["2011-01-01T05:00", None, "2012-01-01"],
        "year": ["2011", "2011", "2012"],
        "note": ["2011-01-01", "so so", "good"],
        "y": 1.0,
    }
)


def test_texts_that_are_all_times_are_found() -> None:
    assert text_times(SOURCE, CONTRACT) == ("when",)


def test_traffic_that_holds_another_text_there_is_refused_and_named() -> None:
    require_times(SOURCE, ("when",), origin="the traffic")
    with pytest.raises(DataError, match=r"the traffic when is no time in 3 rows.*yesterday.*pd\.Timestamp"):
        require_times(SOURCE.assign(when="yesterday"), ("when",), origin="the traffic")
