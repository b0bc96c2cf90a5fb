from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from trunkline.core.bundle import Bundle, BundleManifest
from trunkline.core.contract import Column, Contract, Role
from trunkline.core.errors import BundleError
from trunkline.core.lineage import Lineage
from trunkline.serving.runtime import checked, row_count

CONTRACT = Contract(
    name="n",
    columns=(
        Column(name="x", type="number"),
        Column(name="z", type="text"),
        Column(name="y", type="number", role=Role.OUTCOME),
    ),
)
LINEAGE = Lineage(
    commit="c",
    snapshot="s",
    training_key="t",
    code="c",
    policy="p",
    lock="l",
    toolkit="0",
    candidate="m",
    settings={},
)


def bundle() -> Bundle:
    manifest = BundleManifest(
        name="n",
        runtime="onnx",
        model="model.onnx",
        figures=(),
        lineage=LINEAGE,
        files={},
    )
    return Bundle(Path("nowhere"), manifest, "sha256:" + "0" * 64, CONTRACT)


def test_what_a_model_did_not_give_is_said_with_the_bundle_that_it_is_of() -> None:
    assert checked(bundle(), [np.array([[1.5], [2.5]])], 2).predictions.tolist() == [1.5, 2.5]
    with pytest.raises(BundleError, match=r"bundle 0{12} did not give 1 finite numbers"):
        checked(bundle(), [[float("nan")]], 1)


def test_columns_must_be_there_and_of_one_length() -> None:
    assert row_count({"x": [1, 2], "z": ["a", "b"], "more": []}, CONTRACT.features) == 2
    with pytest.raises(BundleError, match="not given: z"):
        row_count({"x": [1]}, CONTRACT.features)
    with pytest.raises(BundleError, match="different lengths"):
        row_count({"x": [1], "z": []}, CONTRACT.features)
