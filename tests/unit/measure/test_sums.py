from __future__ import annotations

import numpy as np

from trunkline.measure.sums import mean, ratio


def test_a_mean_counts_rows_as_often_as_they_were_drawn() -> None:
    assert mean(np.array([1.0, 5.0]))(np.array([[3.0, 1.0]])).tolist() == [2.0]


def test_a_quotient_of_nothing_is_undefined_or_what_the_caller_says() -> None:
    nothing = np.zeros(1)
    assert np.isnan(ratio(nothing, nothing)).all()
    assert ratio(nothing, nothing, empty=0.0).tolist() == [0.0]
