"""Loading a release from a live folder, and the models in it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from trunkline.core.errors import BundleError, StorageError
from trunkline.runtimes import open_model
from trunkline.serving.release import load, read_release


def test_an_onnx_model_answers_rows_given_by_column(live: Any) -> None:
    model = open_model(live.add(1))
    columns: dict[str, list[object]] = {
        "age": [20, 60],
        "employed": ["Yes", None],
        "checks": [None, 3],
        "more": [],
    }
    answers = model.predict(columns)
    scores = [0.02 * 20 + 0.5, 0.02 * 60 - 0.9]
    expected = [1 / (1 + math.exp(-score)) for score in scores]
    assert answers.probabilities is not None
    np.testing.assert_allclose(answers.probabilities[:, 1], expected, atol=1e-6)
    assert answers.predictions.tolist() == ["Yes", "Yes"]
    with pytest.raises(BundleError, match="failed"):
        model.predict(columns | {"age": ["twenty", "sixty"]})
    model.close()
    model.close()


def test_a_single_release_does_not_load_its_challenger(live: Any) -> None:
    live.add(1)
    live.add(2, bias=1.0)
    release = live.release(1, 2)
    (live.folder / "bundles" / live.routes[2].bundle.removeprefix("sha256:") / "model.onnx").unlink()
    loaded = load(live.folder, release)
    assert loaded.challenger is None
    loaded.close()


def test_a_challenger_that_is_damaged_refuses_the_whole_release(live: Any) -> None:
    live.add(1)
    live.add(2, bias=1.0)
    release = live.release(1, 2, strategy="canary", share=0.5)
    (live.folder / "bundles" / live.routes[2].bundle.removeprefix("sha256:") / "model.onnx").unlink()
    with pytest.raises(BundleError, match=r"lacks model\.onnx"):
        load(live.folder, release)


def test_a_bundle_that_is_not_there_is_named(live: Any) -> None:
    live.add(1)
    release = live.release(1)
    champion = release.champion.model_copy(update={"bundle": "sha256:" + "f" * 64})
    with pytest.raises(BundleError, match="f" * 12):
        load(live.folder, release.model_copy(update={"champion": champion}))


@pytest.mark.parametrize("strategy", ["silent", "canary"])
def test_a_trial_without_a_challenger_is_refused(live: Any, strategy: str) -> None:
    live.add(1)
    live.release(1, strategy=strategy)
    with pytest.raises(StorageError, match=f"the strategy {strategy} needs a challenger"):
        read_release(live.folder)
