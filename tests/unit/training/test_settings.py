from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier

from trunkline.training.settings import as_json


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (np.float64(0.5), 0.5),
        (np.int64(3), 3),
        (np.bool_(True), True),
        (np.array([1, 2]), [1, 2]),
        ((1, None, "a"), [1, None, "a"]),
        ({2, 1}, [1, 2]),
        ({1: np.float32(0.5)}, {"1": 0.5}),
        (float("inf"), "inf"),
        (np.log1p, "log1p"),
        (json.dumps, "dumps"),
    ],
)
def test_a_setting_becomes_json(value: object, expected: object) -> None:
    assert as_json(value) == expected
    json.dumps(as_json(value), allow_nan=False)


def test_an_estimator_is_told_by_its_parameters() -> None:
    assert as_json(DecisionTreeClassifier(max_depth=3))["max_depth"] == 3


def test_no_setting_holds_a_memory_address() -> None:
    assert "0x" not in json.dumps(as_json([object(), lambda: None]))
