"""The same rows must give the same model, so the source has to answer the same way each time."""

from __future__ import annotations

import pandas as pd

from {{ cookiecutter.package }}.data import load


def test_loading_twice_gives_the_same_rows_in_the_same_order(rows: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(load(), rows)


def test_no_row_is_lost_or_invented(rows: pd.DataFrame) -> None:
    assert len(rows) == 5226
    assert rows["arrest_id"].is_unique
