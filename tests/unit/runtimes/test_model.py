from __future__ import annotations

import numpy as np
import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import BundleError
from trunkline.runtimes.model import checked, row_count

CONTRACT = Contract(
    name="n",
    columns=(
        Column(name="x", type="number"),
        Column(name="z", type="text"),
        Column(name="y", type="number", role=Role.OUTCOME),
    ),
)


def test_what_a_model_did_not_give_is_said_with_the_bundle_that_it_is_of() -> None:
    assert checked("bundle 0", CONTRACT, [np.array([[1.5], [2.5]])], 2).predictions.tolist() == [1.5, 2.5]
    with pytest.raises(BundleError, match="bundle 0 did not give 1 finite numbers"):
        checked("bundle 0", CONTRACT, [[float("nan")]], 1)


def test_columns_must_be_there_and_of_one_length() -> None:
    assert row_count({"x": [1, 2], "z": ["a", "b"], "more": []}, CONTRACT.features) == 2
    with pytest.raises(BundleError, match="not given: z"):
        row_count({"x": [1]}, CONTRACT.features)
    with pytest.raises(BundleError, match="different lengths"):
        row_count({"x": [1], "z": []}, CONTRACT.features)
