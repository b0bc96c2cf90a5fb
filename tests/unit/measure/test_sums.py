from __future__ import annotations

import numpy as np

from trunkline.measure.sums import mean, share, within


def test_a_share_counts_rows_as_often_as_they_were_drawn() -> None:
    part, whole = np.array([True, False, True]), np.array([True, True, False])

    assert share(part, whole)(np.array([[3.0, 1.0, 9.0]])).tolist() == [0.75]


def test_a_share_of_nothing_is_undefined() -> None:
    nobody = np.zeros(3, dtype=bool)

    assert np.isnan(share(nobody, nobody)(np.ones((1, 3)))).all()


def test_a_statistic_within_a_group_ignores_all_other_rows() -> None:
    mask = np.array([True, False, True])

    found = within(mask, mean(np.array([1.0, 5.0])))

    assert found(np.array([[1.0, 7.0, 3.0]])).tolist() == [4.0]
