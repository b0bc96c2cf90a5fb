"""The same rows must give the same model, so the source has to answer the same way each time.

Extend: how many rows there are, where you know it.
"""

from __future__ import annotations

import pandas as pd
from trunkline.core.contract import Contract, Role

from {{ cookiecutter.package }}.data import load


def test_loading_twice_gives_the_same_rows_in_the_same_order(loaded: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(load(), loaded)


def test_there_is_something_to_learn_from(rows: pd.DataFrame, contract: Contract) -> None:
    learned = contract.of_role(Role.ITEM) or contract.outcome
    assert rows[learned.name].nunique() >= 2
    assert any(rows[column.name].nunique() >= 2 for column in contract.features)
