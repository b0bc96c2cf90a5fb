from __future__ import annotations

import numpy as np

from trunkline.measure.paired import Paired


def test_taking_rows_keeps_truth_answers_and_chances_together() -> None:
    truth = np.array([1, 0, 1])
    paired = Paired(truth, truth, np.array([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]]), ("No", "Yes"))

    taken = paired.take(np.array([2, 2, 1]))

    assert taken.truth.tolist() == [1, 1, 0]
    assert taken.probabilities is not None
    assert taken.probabilities[:, 1].tolist() == [0.7, 0.7, 0.2]
    assert not taken.only
    assert paired.take(np.array([0, 2])).only == "Yes"
